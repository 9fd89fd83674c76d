"""The options that say for which organisation, and for how long, a certificate is issued."""

from __future__ import annotations

import argparse
import datetime as dt

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from sandbox.authority.rules.certificate_draft import Validity
from sandbox.commands.common import not_negative
from sandbox.desk.tokens import expired_validity, remaining_validity


def add_organisation(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--organisation", required=True, metavar="NAME")
    parser.add_argument("--uscc", required=True, type=_uscc, metavar="USCC")
    days = parser.add_mutually_exclusive_group(required=True)
    days.add_argument("--expired-days", type=not_negative, metavar="N")
    days.add_argument("--valid-days", type=not_negative, metavar="N")


def validity_of(options: argparse.Namespace, now: dt.datetime) -> Validity:
    """Return the validity the options ask for, counted from ``now``."""
    if options.expired_days is None:
        return remaining_validity(options.valid_days, now)
    return expired_validity(options.expired_days, now)


def _uscc(text: str) -> str:
    try:
        return str(uscc.validate(text))
    except ValidationError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error} (GB 32100)") from error
