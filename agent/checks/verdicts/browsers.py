"""Which browsers are there, whether their extension can reach the agent, and when it last did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import Enum, auto, unique

import msgspec

from agent.certificates.china_time import china_date
from agent.checks.model import CheckState, Finding, Findings, Sentence, finding, ok
from agent.ground.errors import OdcError
from agent.ground.language import mark

FIX_MANIFESTS = "manifests"
_REPAIR = mark("Have it mended here, or run `odc-native-host install`.")


@unique
class Manifest(Enum):
    """What stands where a browser looks for the native host."""

    RIGHT = auto()
    MISSING = auto()
    OUTDATED = auto()
    OTHER = auto()
    BLOCKED = auto()
    """A folder that is not the user's keeps it from being mended."""


class Browser(msgspec.Struct, frozen=True, kw_only=True):
    """One browser of this computer."""

    title: str
    manifest: Manifest
    fault: OdcError | None = None
    """What blocks it."""


def judge_browsers(browsers: Sequence[Browser]) -> Findings:
    """Return which supported browsers there are."""
    if not browsers:
        return [
            finding(
                CheckState.WARNING,
                mark("No supported browser was found."),
                mark("Install Chromium, Chrome or Firefox to use the certificate on portals."),
            )
        ]
    return [ok(mark("Browsers found: {browsers}."), browsers=", ".join(b.title for b in browsers))]


def judge_manifests(browsers: Sequence[Browser]) -> Findings:
    """Return whether each browser knows how to start the native host."""
    if not browsers:
        return [finding(CheckState.UNKNOWN, mark("No supported browser was found."))]
    return [_manifest(browser) for browser in browsers]


_SENTENCES = {
    Manifest.MISSING: mark("{browser} does not know the agent."),
    Manifest.OUTDATED: mark("{browser} knows the agent by an outdated or damaged file."),
    Manifest.OTHER: mark("{browser} starts another installation of the agent."),
}


def _manifest(browser: Browser) -> Finding:
    if browser.manifest is Manifest.RIGHT:
        return ok(mark("{browser} knows the agent."), browser=browser.title)
    if browser.fault is not None:
        return _blocked(browser, browser.fault)
    return finding(
        CheckState.FAILED,
        _SENTENCES[browser.manifest],
        _REPAIR,
        fix=FIX_MANIFESTS,
        browser=browser.title,
    )


def _blocked(browser: Browser, fault: OdcError) -> Finding:
    what = Sentence(fault.sentence, fault.values)
    said = Sentence(
        mark("{browser} cannot be told of the agent: {what}"),
        {"browser": browser.title, "what": what},
    )
    return Finding(CheckState.FAILED, said, Sentence(fault.advice, fault.values))


def judge_extension(last_seen: dt.datetime | None) -> Findings:
    """Return when a browser's extension last reached the agent."""
    if last_seen is None:
        return [
            finding(
                CheckState.UNKNOWN,
                mark("No browser has reached the agent yet."),
                mark("Install the extension, then open a portal that uses it."),
            )
        ]
    return [ok(mark("A browser last reached the agent on {date}."), date=china_date(last_seen))]
