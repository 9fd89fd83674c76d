"""Whether the smart card service (PC/SC) runs, and this user may use it."""

from __future__ import annotations

from enum import Enum, auto, unique

import msgspec

from agent.checks.model import CheckState, Findings, finding, ok
from agent.ground.language import mark


@unique
class Service(Enum):
    """How the service answered."""

    RUNS = auto()
    MISSING = auto()
    """No daemon: not installed, or not started."""
    FORBIDDEN = auto()
    """It refuses this user (polkit), or its socket may not be opened."""
    BROKEN = auto()


class SmartCards(msgspec.Struct, frozen=True, kw_only=True):
    """What the service said."""

    service: Service
    readers: int = 0
    reason: str = ""
    is_installed: bool = True
    system: str = "linux"
    """As :data:`sys.platform` names it."""
    has_token: bool = False
    """A token can be read all the same: many are no smart cards to the system."""


_STARTS = {
    "linux": mark("Start it (administrator: `systemctl enable --now pcscd.socket`)."),
    "win32": mark(
        "Windows starts it as soon as a reader is plugged in. Where one is, start the service Smart Card "
        "(SCardSvr; administrator: `sc start SCardSvr`)."
    ),
    "darwin": mark("macOS starts it for each reader: plug the reader out and in again."),
}


def judge_smart_cards(facts: SmartCards) -> Findings:
    """Return how the service is; one that is missing is grave only where no token can be read."""
    missing = CheckState.WARNING if facts.has_token else CheckState.FAILED
    if facts.service is Service.RUNS:
        return [ok(mark("The smart card service runs. Readers: {readers}."), readers=facts.readers)]
    if facts.service is Service.FORBIDDEN:
        return [
            finding(
                missing,
                mark("The smart card service refuses this user: {reason}"),
                mark(
                    "Log in at this computer's own screen, or ask your administrator to allow it."
                ),
                reason=facts.reason,
            )
        ]
    if facts.service is Service.BROKEN:
        return [
            finding(
                CheckState.FAILED,
                mark("The smart card service does not work: {reason}"),
                mark("Restart the computer."),
                reason=facts.reason,
            )
        ]
    if not facts.is_installed:
        return [
            finding(
                missing,
                mark("The smart card service is not installed."),
                mark("Install the package pcscd (administrator: `apt install pcscd`)."),
            )
        ]
    return [
        finding(
            missing,
            mark("The smart card service does not run."),
            _STARTS.get(facts.system, _STARTS["linux"]),
        )
    ]
