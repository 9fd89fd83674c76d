"""``odc-sandbox applications``, ``approve`` and ``reject``: the reviewer at the command line."""

from __future__ import annotations

import argparse

import msgspec

from agent.ground.streams import sayable_json
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName, Remark
from sandbox.authority.review import ApplicationSummary, Review
from sandbox.authority.rules.days import CST
from sandbox.commands.common import Subcommands, add_command, ledger_of
from sandbox.words import words

_ITEMS = (*ApplicantField, *DocumentName)


def register(subcommands: Subcommands) -> None:
    """Add the subcommands."""
    listing = add_command(
        subcommands,
        "applications",
        _applications,
        summary="list the applications",
        examples="  odc-sandbox applications\n  odc-sandbox applications --json\n",
    )
    listing.add_argument("--json", action="store_true")
    approve = add_command(
        subcommands,
        "approve",
        _approve,
        summary="approve an application",
        examples="  odc-sandbox approve 0b6ac1d4-6f0e-4a3e-9d0e-2c5f8f5f7f10\n",
    )
    approve.add_argument("application", metavar="ID")
    reject = add_command(
        subcommands,
        "reject",
        _reject,
        summary="send an application back with remarks",
        examples="  odc-sandbox reject ID --remark authorisation_letter=公章不清晰\n"
        "  odc-sandbox reject ID --remark phone=空号 --remark =请重新提交\n\n"
        f"items: {', '.join(_ITEMS)}; empty for the whole\n",
    )
    reject.add_argument("application", metavar="ID")
    reject.add_argument(
        "--remark", action="append", required=True, type=_remark, metavar="ITEM=TEXT"
    )


def _applications(options: argparse.Namespace) -> int:
    summaries = Review(ledger_of(options)).summaries()
    if options.json:
        print(sayable_json(msgspec.json.encode(summaries).decode()))
        return 0
    for summary in summaries:
        print(_line(summary))
    if not summaries:
        print(words("没有申请。", "No applications."))
    return 0


def _approve(options: argparse.Namespace) -> int:
    print(_line(Review(ledger_of(options)).approve(options.application)))
    return 0


def _reject(options: argparse.Namespace) -> int:
    print(_line(Review(ledger_of(options)).reject(options.application, tuple(options.remark))))
    return 0


def _line(summary: ApplicationSummary) -> str:
    opened = summary.opened_at.astimezone(CST)
    return (
        f"{summary.application}  {summary.state:<10} v{summary.version}"
        f"  {opened:%Y-%m-%d %H:%M}  {summary.organisation}"
    )


def _remark(text: str) -> Remark:
    item, equals, words = text.partition("=")
    if not equals or not words.strip() or item not in ("", *_ITEMS):
        raise argparse.ArgumentTypeError(f"{text}: ITEM=TEXT, with an item named below")
    return Remark(item=item, text=words.strip())
