"""The way out of the house: proxy and the company's own authorities."""

from __future__ import annotations

import msgspec

from agent.checks.model import CheckState, Finding, Findings, finding, ok
from agent.ground.language import mark


class Pac(msgspec.Struct, frozen=True, kw_only=True):
    """The proxy auto-configuration in force."""

    source: str
    answer: str
    """What it says of the first authority."""
    fault: str
    """Why it says nothing that can be used; empty where it does."""
    is_unreadable: bool
    minutes: int
    """How long ago it was read."""


class WayOut(msgspec.Struct, frozen=True, kw_only=True):
    """How the agent's requests leave this computer."""

    proxies: tuple[str, ...] = ()
    """Hosts and ports of those in use."""
    is_configured: bool = False
    """Whether the configuration says so, not the system."""
    pac: Pac | None = None
    ca: str = ""
    """The file of the company's own authorities; empty without one."""
    ca_fault: str = ""
    """Why it cannot be read."""


def judge_way_out(way: WayOut) -> Findings:
    """Return what is used, and what cannot be."""
    return [
        *(_auto_configuration(way.pac) if way.pac else [_proxy(way)]),
        *([_company(way)] if way.ca else []),
    ]


def _proxy(way: WayOut) -> Finding:
    proxies = ", ".join(way.proxies)
    if not proxies:
        return ok(mark("Authorities and updates are reached without a proxy."))
    if way.is_configured:
        return ok(mark("The proxy of the configuration is used: {proxies}"), proxies=proxies)
    return ok(mark("The proxy of this system is used: {proxies}"), proxies=proxies)


def _auto_configuration(pac: Pac) -> Findings:
    place = {"source": pac.source}
    if not pac.fault:
        said = mark("The proxy auto-configuration {source}, read {minutes} min ago, says: {answer}")
        return [ok(said, **place, minutes=pac.minutes, answer=pac.answer)]
    if pac.is_unreadable:
        sentence = mark("The proxy auto-configuration {source} cannot be read: {reason}")
    else:
        sentence = mark("The proxy auto-configuration {source} gives no usable answer: {reason}")
    advice = mark(
        "No proxy is used meanwhile. Ask your administrator to mend it, or to name the proxy in the"
        " configuration."
    )
    return [finding(CheckState.WARNING, sentence, advice, **place, reason=pac.fault)]


def _company(way: WayOut) -> Finding:
    if not way.ca_fault:
        return ok(
            mark("For updates the company's own authorities are trusted, too: {ca}"), ca=way.ca
        )
    return finding(
        CheckState.FAILED,
        mark("The file of the company's own authorities cannot be read: {ca} ({reason})"),
        mark("Ask your administrator to correct the configuration."),
        ca=way.ca,
        reason=way.ca_fault,
    )
