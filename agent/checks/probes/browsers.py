"""The browsers of this computer, and what stands where they look for the native host."""

from __future__ import annotations

from agent.checks.verdicts.browsers import Browser, Manifest
from agent.system.paths import find_paths
from native_host import registration
from native_host.browsers import load_browsers
from native_host.registration import State
from native_host.targets import Target, user_targets

_MANIFESTS = {
    State.REGISTERED: Manifest.RIGHT,
    State.SYSTEM: Manifest.RIGHT,
    State.MISSING: Manifest.MISSING,
    State.OUTDATED: Manifest.OUTDATED,
    State.OTHER: Manifest.OTHER,
    State.BLOCKED: Manifest.BLOCKED,
}


def look_for_browsers() -> list[Browser]:
    """Return the browsers that are here."""
    return [
        Browser(title=entry.target.title, manifest=_MANIFESTS[entry.state], fault=entry.fault)
        for entry in registration.entries(_present())
    ]


def repair_manifests() -> None:
    """Register the native host with every browser that is here.

    Raises:
        OdcError: what keeps the first from being told; the others have been.
    """
    faults = [change.fault for change in registration.install(_present()) if change.fault]
    if faults:
        raise faults[0]


def _present() -> list[Target]:
    browsers = load_browsers([find_paths().browser_tables])
    return [target for target in user_targets(browsers) if target.is_present]
