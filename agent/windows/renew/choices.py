"""Which certificates the window can be about, and what is known of each. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from agent.api.client import Json
from agent.api.listed import is_done_with
from agent.certificates.days import EXPIRING_DAYS
from agent.windows.renew.plan import ENDED

_ORGANISATION = re.compile(r"(?:^|,)O=((?:\\.|[^,+\\])+)")


class Choice(NamedTuple):
    """A signing certificate in use, its token plugged in or not, or one whose renewal is under way."""

    thumbprint: str
    organisation: str
    uscc: str
    service: str
    """Who certifies it: the authority of its renewal, else its issuer's organisation."""
    text: str
    """How long it is, or is no longer, valid; empty where that is not known."""
    days_left: int | None
    token: str
    """Label of its token; empty where that is not known."""
    away: str
    """That its token is not plugged in, and when it was; empty where it is, or never was."""
    renewal: Json | None
    """The one under way, else the last one that ended."""

    @property
    def is_due(self) -> bool:
        """Whether somebody has to renew it, and has not begun."""
        ends_soon = self.days_left is not None and self.days_left <= EXPIRING_DAYS
        return ends_soon and not self.is_under_way

    @property
    def is_under_way(self) -> bool:
        """Whether a renewal goes on."""
        return self.renewal is not None and self.renewal["state"] not in ENDED


def find_choices(tokens: list[Json], renewals: list[Json]) -> tuple[Choice, ...]:
    """Return what can be renewed, what is under way first, then what ends first.

    Args:
        tokens: of a TokenList, those that are not plugged in too.
        renewals: of a RenewalList, the newest first.
    """
    known = {
        certificate["thumbprint"]: _choice(certificate, token, renewals)
        for token in tokens
        for certificate in token["certificates"]
        if certificate["use"] == "signing" and certificate["is_current"]
        if token["present"] or not is_done_with(certificate)
    }
    unknown = {
        renewal["thumbprint"]: _unknown(renewal)
        for renewal in renewals
        if renewal["state"] not in ENDED and renewal["thumbprint"] not in known
    }
    return tuple(sorted({**known, **unknown}.values(), key=_rank))


def preferred(choices: tuple[Choice, ...], thumbprint: str) -> Choice | None:
    """Return the choice the window begins with: what it was opened for, else the first."""
    named = (choice for choice in choices if choice.thumbprint == thumbprint)
    return next(named, choices[0] if choices else None)


def next_due(choices: tuple[Choice, ...], after: str, organisation: str) -> Choice | None:
    """Return what is to be renewed next, once the renewal of ``after`` has begun or ended.

    What is of the same ``organisation`` comes first: its dossier is at hand.
    """
    due = (each for each in choices if each.thumbprint != after and each.is_due)
    return min(due, key=lambda each: each.organisation != organisation, default=None)


def last_installed(renewals: list[Json], organisation: str) -> Json | None:
    """Return the organisation's last renewal that succeeded."""
    fitting = (
        each
        for each in renewals
        if each["state"] == "installed" and each["organisation"] == organisation
    )
    return next(fitting, None)


def _choice(certificate: Json, token: Json, renewals: list[Json]) -> Choice:
    mine = [each for each in renewals if each["thumbprint"] == certificate["thumbprint"]]
    open_ones = [each for each in mine if each["state"] not in ENDED]
    renewal = next(iter(open_ones or mine), None)
    return Choice(
        thumbprint=certificate["thumbprint"],
        organisation=certificate["organisation"] or certificate["subject"],
        uscc=certificate["uscc"] or "",
        service=renewal["authority"] if renewal else _organisation_of(certificate["issuer"]),
        text=certificate["text"],
        days_left=certificate["days_left"],
        token=token["label"],
        away="" if token["present"] else token["text"],
        renewal=renewal,
    )


def _organisation_of(name: str) -> str:
    """Return the O of an RFC 4514 name, without its escapes."""
    found = _ORGANISATION.search(name)
    return re.sub(r"\\(.)", r"\1", found.group(1)) if found else ""


def _unknown(renewal: Json) -> Choice:
    return Choice(
        thumbprint=renewal["thumbprint"],
        organisation=renewal["organisation"],
        uscc="",
        service=renewal["authority"],
        text="",
        days_left=None,
        token=renewal["token_label"],
        away="",
        renewal=renewal,
    )


def _rank(choice: Choice) -> tuple[bool, int]:
    return not choice.is_under_way, choice.days_left if choice.days_left is not None else 0
