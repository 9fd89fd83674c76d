"""Registering the host with browsers: idempotent, so that it is mended at every start of the agent."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

from agent.system.runtime import home_override
from native_host import registry
from native_host.files import read_or_none, write_if_different
from native_host.launcher import (
    LAUNCHER_MODE,
    host_program,
    launcher_folder,
    launcher_path,
    launcher_script,
)
from native_host.manifests import is_for_us, launcher_named_by, manifest
from native_host.targets import ROOT, Target

MANIFEST_MODE = 0o644


@unique
class State(StrEnum):
    """What stands at a place where a browser looks for us."""

    REGISTERED = "registered"
    SYSTEM = "system"
    """A valid system-wide manifest serves this browser; the user needs none."""
    MISSING = "missing"
    OUTDATED = "outdated"
    """Ours, but not what it must be now, or without its launcher; installing again mends it."""
    OTHER = "other"
    """Another installation's, or not readable as a manifest."""


GOOD = frozenset({State.REGISTERED, State.SYSTEM})


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


def install(
    chosen: Iterable[Target], *, launcher: Path | None = None, root: Path = ROOT
) -> list[Change]:
    """Write the launcher and the manifests; files that are right already are left alone.

    Args:
        chosen: where to register. Of a user's own places, those a valid system-wide manifest serves
            are left empty.
        launcher: an installed program to name instead of a launcher of our own.
        root: what stands for the system's root folder, for packagers.
    """
    chosen = list(chosen)
    if launcher is None:
        launcher = launcher_path()
        needs_one = any(target.is_system or not _is_served(target) for target in chosen)
        if needs_one and launcher != host_program():
            where = root / launcher.relative_to("/") if root != ROOT else launcher
            write_if_different(where, launcher_script(), mode=LAUNCHER_MODE)
    return [Change(target, _install(target, launcher)) for target in chosen]


def remove(chosen: Iterable[Target]) -> list[Change]:
    """Remove the manifests that are ours; what another installation wrote stays."""
    return [Change(target, _remove_ours(target)) for target in chosen]


def remove_launcher() -> None:
    """Remove the launcher and its folder, once no manifest names it."""
    launcher = launcher_path()
    if launcher != host_program():
        launcher.unlink(missing_ok=True)
    with suppress(OSError):  # not there, or somebody keeps something in it
        launcher_folder().rmdir()


def entries(chosen: Iterable[Target]) -> list[Entry]:
    """Return what stands at each place."""
    return [Entry(target, _state(target)) for target in chosen]


def mend(chosen: Iterable[Target]) -> list[Change]:
    """Register where that is missing or outdated, as far as it is this installation's to decide.

    A home of its own (``ODC_HOME``: a demo, a test) never takes a browser for itself: there only
    what names its launcher already is mended.
    """
    wanted = {State.OUTDATED} if home_override() else {State.OUTDATED, State.MISSING}
    present = [target for target in chosen if target.is_present]
    return install([entry.target for entry in entries(present) if entry.state in wanted])


def _install(target: Target, launcher: Path) -> bool:
    if _is_served(target):
        return _remove_ours(target)  # it would hide the system's, which is kept up to date
    content = manifest(target.family, launcher)
    changed = write_if_different(target.path, content, mode=MANIFEST_MODE)
    if target.key:
        changed = registry.write(target.key, str(target.path), system=target.is_system) or changed
    return changed


def _is_served(target: Target) -> bool:
    """Return whether a system-wide manifest lets our extension start a program that is there."""
    manifest_of_all = _manifest_of_all(target)
    content = read_or_none(manifest_of_all) if manifest_of_all else None
    if content is None or not is_for_us(content, target.family):
        return False
    program = launcher_named_by(content)
    return program is not None and os.access(program, os.X_OK)


def _manifest_of_all(target: Target) -> Path | None:
    """Return the system-wide manifest that a user's own one would hide."""
    if target.is_system or not target.key:
        return target.shadowed_by
    named = registry.read(target.key, system=True)
    return Path(named) if named else None


def _state(target: Target) -> State:
    content = read_or_none(target.path)
    if content is None or not _is_named(target):
        return State.SYSTEM if _is_served(target) else State.MISSING
    launcher = launcher_path()
    if launcher_named_by(content) != str(launcher):
        return State.OTHER
    is_whole = launcher == host_program() or read_or_none(launcher) == launcher_script()
    is_right = content == manifest(target.family, launcher) and is_whole
    return State.REGISTERED if is_right and os.access(launcher, os.X_OK) else State.OUTDATED


def _is_named(target: Target) -> bool:
    """Return whether the browser finds the manifest: by its place, on Windows by the registry."""
    if not target.key:
        return True
    return registry.read(target.key, system=target.is_system) == str(target.path)


def _remove_ours(target: Target) -> bool:
    content = read_or_none(target.path)
    if content is not None and launcher_named_by(content) != str(launcher_path()):
        return False
    # On Windows browsers of a family share a manifest, which went with the first one's entry.
    is_entered = bool(target.key) and _is_named(target)
    if is_entered:
        registry.remove(target.key, system=target.is_system)
    target.path.unlink(missing_ok=True)
    return is_entered or content is not None
