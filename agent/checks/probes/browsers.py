"""The browsers of this computer, and what stands where they look for the native host."""

from __future__ import annotations

from agent.checks.verdicts.browsers import Browser, Manifest
from native_host import registration
from native_host.registration import State

_MANIFESTS = {
    State.REGISTERED: Manifest.RIGHT,
    State.MISSING: Manifest.MISSING,
    State.OUTDATED: Manifest.OUTDATED,
    State.OTHER: Manifest.OTHER,
}


def look_for_browsers() -> list[Browser]:
    """Return the browsers that are here."""
    present = [target for target in registration.targets() if target.is_present]
    return [
        Browser(title=entry.target.title, manifest=_MANIFESTS[entry.state])
        for entry in registration.entries(present)
    ]


def repair_manifests() -> None:
    """Register the native host with every browser that is here."""
    registration.install([target for target in registration.targets() if target.is_present])
