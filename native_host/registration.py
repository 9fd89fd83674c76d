"""Registering the host with browsers: idempotent, so that it may be mended at every start."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

from native_host.browsers import BROWSERS, CHROMIUM_FOLDER, Browser, Family
from native_host.files import read_or_none, write_if_different
from native_host.launcher import LAUNCHER_MODE, launcher_path, launcher_script
from native_host.manifests import FILE_NAME, launcher_named_by, manifest

MANIFEST_MODE = 0o644


@unique
class State(StrEnum):
    """What stands at a place where a browser looks for us."""

    REGISTERED = "registered"
    MISSING = "missing"
    OUTDATED = "outdated"
    """Ours, but not what it must be now, or without its launcher; installing again mends it."""
    OTHER = "other"
    """Another installation's, or not readable as a manifest."""


@dataclass(frozen=True)
class Target:
    """One place where a browser looks."""

    browser: str
    title: str
    family: Family
    folder: Path
    is_present: bool
    """Whether the browser is on this computer, as far as can be seen."""

    @property
    def path(self) -> Path:
        """The manifest file."""
        return self.folder / FILE_NAME


@dataclass(frozen=True)
class Entry:
    """A target and what stands there."""

    target: Target
    state: State


@dataclass(frozen=True)
class Change:
    """A target and whether it had to be touched."""

    target: Target
    changed: bool


def targets(*, browsers: Sequence[str] = (), profiles: Sequence[Path] = ()) -> list[Target]:
    """Return the places meant: the given profiles and browsers, else every browser in the table."""
    found = [_profile_target(profile) for profile in profiles]
    if browsers or not profiles:
        found += _browser_targets(b for b in BROWSERS if not browsers or b.name in browsers)
    return found


def install(chosen: Iterable[Target]) -> list[Change]:
    """Write the launcher and the manifests; files that are right already are left alone."""
    launcher = launcher_path()
    write_if_different(launcher, launcher_script(), mode=LAUNCHER_MODE)
    return [
        Change(
            target,
            write_if_different(target.path, manifest(target.family, launcher), mode=MANIFEST_MODE),
        )
        for target in chosen
    ]


def remove(chosen: Iterable[Target]) -> list[Change]:
    """Remove the manifests that are ours; what another installation wrote stays."""
    return [Change(target, _remove_ours(target.path)) for target in chosen]


def remove_launcher() -> None:
    """Remove the launcher and its folder, once no manifest names it."""
    launcher = launcher_path()
    launcher.unlink(missing_ok=True)
    with suppress(OSError):  # not there, or somebody keeps something in it
        launcher.parent.rmdir()


def entries(chosen: Iterable[Target]) -> list[Entry]:
    """Return what stands at each place."""
    return [Entry(target, _state(target)) for target in chosen]


def _browser_targets(browsers: Iterable[Browser]) -> list[Target]:
    return [
        Target(b.name, b.title, b.family, b.place.manifest_folder(), b.is_present)
        for b in browsers
        if b.place is not None
    ]


def _profile_target(profile: Path) -> Target:
    folder = profile.absolute() / CHROMIUM_FOLDER
    return Target("profile", str(profile), Family.CHROMIUM, folder, is_present=True)


def _state(target: Target) -> State:
    content = read_or_none(target.path)
    launcher = launcher_path()
    if content is None:
        return State.MISSING
    if launcher_named_by(content) != str(launcher):
        return State.OTHER
    is_right = (
        content == manifest(target.family, launcher)
        and read_or_none(launcher) == launcher_script()
        and os.access(launcher, os.X_OK)
    )
    return State.REGISTERED if is_right else State.OUTDATED


def _remove_ours(path: Path) -> bool:
    content = read_or_none(path)
    if content is None or launcher_named_by(content) != str(launcher_path()):
        return False
    path.unlink()
    return True
