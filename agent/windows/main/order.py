"""In which order tokens are shown, and under which heading: what ends first comes first. Pure."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import NamedTuple

from agent.api.client import Json
from agent.api.listed import is_done_with, leads
from agent.ground.language import mark

MANY_TOKENS = 5
"""From so many tokens on they stand under headings, and there is a field to search them."""
_NEVER = "9999-12-31T23:59:59Z~"
"""After every instant: of a token without a pair that anybody has to look after."""


@unique
class Group(StrEnum):
    """How urgent a token is."""

    EXPIRED = "expired"
    SOON = "expiring"
    FINE = "fine"


GROUP_NAMES = {
    Group.EXPIRED: mark("Expired"),
    Group.SOON: mark("Ends soon"),
    Group.FINE: mark("Nothing to do"),
}


class Placed(NamedTuple):
    """A token and where it is shown."""

    group: Group
    end: str
    token: Json


def in_order(tokens: list[Json]) -> list[Placed]:
    """Return tokens by urgency, and by what ends first; of two alike in the order given."""
    order = list(Group)
    return sorted(map(_placed, tokens), key=lambda placed: (order.index(placed.group), placed.end))


def to_renew(tokens: list[Json]) -> list[Json]:
    """Return the signing certificates that somebody has to renew, what ends first first."""
    return [
        lead
        for placed in in_order(tokens)
        for lead in sorted(leads(placed.token), key=lambda each: str(each["not_after"]))
        if lead["use"] == "signing" and lead["status"] in (Group.EXPIRED, Group.SOON)
        if not is_done_with(lead)
    ]


def _placed(token: Json) -> Placed:
    open_ones = [lead for lead in leads(token) if not is_done_with(lead)]
    statuses = {lead["status"] for lead in open_ones}
    group = next((g for g in (Group.EXPIRED, Group.SOON) if g.value in statuses), Group.FINE)
    return Placed(group, min((str(lead["not_after"]) for lead in open_ones), default=_NEVER), token)
