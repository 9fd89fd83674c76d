"""The way out of the house: proxy and the company's own authorities."""

from __future__ import annotations

from dataclasses import dataclass

from agent.checks.model import CheckState, Finding, Findings, finding, ok
from agent.language import mark


@dataclass(frozen=True, slots=True, kw_only=True)
class WayOut:
    """How the agent's requests leave this computer."""

    proxies: tuple[str, ...] = ()
    """Hosts and ports of those in use."""
    is_configured: bool = False
    """Whether the configuration says so, not the system."""
    ca: str = ""
    """The file of the company's own authorities; empty without one."""
    ca_fault: str = ""
    """Why it cannot be read."""


def judge_way_out(way: WayOut) -> Findings:
    """Return what is used, and what cannot be."""
    proxies = ", ".join(way.proxies)
    if not proxies:
        found = ok(mark("Authorities and updates are reached without a proxy."))
    elif way.is_configured:
        found = ok(mark("The proxy of the configuration is used: {proxies}"), proxies=proxies)
    else:
        found = ok(mark("The proxy of this system is used: {proxies}"), proxies=proxies)
    return [found, *([_company(way)] if way.ca else [])]


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
