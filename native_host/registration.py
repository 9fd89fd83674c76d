"""Registering the host with browsers: idempotent, so that it is mended at every start of the agent."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

from agent.ground import held_files
from agent.ground.errors import OdcError
from agent.system.runtime import home_override
from native_host import registry
from native_host.faults import (
    ClosedToOthersError,
    NoHostProgramError,
    UntellablePathError,
    closed_to_others,
    fault_of,
    is_tellable,
    obstacle,
    readable,
)
from native_host.files import read_if_possible, write_if_different
from native_host.launcher import (
    LAUNCHER_MODE,
    host_program,
    launcher_folder,
    launcher_path,
    launcher_script,
)
from native_host.manifests import is_for_us, launcher_named_by, manifest
from native_host.targets import ROOT, Target, installed_manifest

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
    BLOCKED = "blocked"
    """This user may not look there, or not write what is missing: see the entry's fault."""


GOOD = frozenset({State.REGISTERED, State.SYSTEM})


@dataclass(frozen=True)
class Entry:
    """A target and what stands there."""

    target: Target
    state: State
    fault: OdcError | None = None
    """What keeps the state from being mended."""


@dataclass(frozen=True)
class Change:
    """A target and whether it had to be touched."""

    target: Target
    changed: bool
    fault: OdcError | None = None
    """Why the browser does not find what it needs all the same."""


def install(
    chosen: Iterable[Target], *, launcher: Path | None = None, root: Path = ROOT
) -> list[Change]:
    """Write the launcher and the manifests; files that are right already are left alone.

    Each browser by itself: what keeps one from being told is in its change, and stops no other.

    Args:
        chosen: where to register. Of a user's own places, those a valid system-wide manifest serves
            are left empty.
        launcher: an installed program to name instead of a launcher of our own.
        root: what stands for the system's root folder, for packagers.
    """
    chosen = list(chosen)
    fault = None
    if launcher is None:
        launcher = launcher_path()
        is_for_everybody = any(target.is_system for target in chosen)
        if any(target.is_system or not _is_served(target) for target in chosen):
            fault = _write_launcher(launcher, root, is_for_everybody=is_for_everybody)
    return [_install(target, launcher, root, fault) for target in chosen]


def remove(chosen: Iterable[Target]) -> list[Change]:
    """Remove the manifests that are ours; what another installation wrote stays."""
    return [_removed(target) for target in chosen]


def remove_launcher() -> None:
    """Remove the launcher and its folder, once no manifest names it."""
    launcher = launcher_path()
    if launcher != host_program() and sys.platform != "win32":
        held_files.remove(launcher)
    with suppress(OSError):  # not there, or somebody keeps something in it
        launcher_folder().rmdir()


def entries(chosen: Iterable[Target]) -> list[Entry]:
    """Return what stands at each place, and what keeps it from being mended."""
    return [_entry(target) for target in chosen]


def mend(chosen: Iterable[Target]) -> list[Change]:
    """Register where that is missing or outdated, as far as it is this installation's to decide.

    A home of its own (``ODC_HOME``: a demo, a test) never takes a browser for itself: there only
    what names its launcher already is mended.
    """
    wanted = {State.OUTDATED} if home_override() else {State.OUTDATED, State.MISSING}
    found = entries(target for target in chosen if target.is_present)
    blocked = [
        Change(entry.target, changed=False, fault=entry.fault)
        for entry in found
        if entry.state is State.BLOCKED and not home_override()
    ]
    return [*blocked, *install([entry.target for entry in found if entry.state in wanted])]


def _is_given(launcher: Path) -> bool:
    """Return whether it is a program that an installation brings, and no script of ours."""
    return sys.platform == "win32" or launcher == host_program()


def _write_launcher(launcher: Path, root: Path, *, is_for_everybody: bool) -> OdcError | None:
    if not is_tellable(launcher):
        return UntellablePathError(file=readable(launcher))
    if sys.platform == "win32" and not launcher.exists():
        return NoHostProgramError(file=readable(launcher))
    if _is_given(launcher):
        return None
    where = root / launcher.relative_to("/") if root != ROOT else launcher
    try:
        write_if_different(where, launcher_script(), mode=LAUNCHER_MODE)
    except OSError as error:
        return fault_of(where, error)
    return closed_to_others(where, root) if is_for_everybody else None


def _install(target: Target, launcher: Path, root: Path, fault: OdcError | None) -> Change:
    if _is_served(target):
        return _removed(target)  # it would hide the system's, which is kept up to date
    if fault and not isinstance(fault, ClosedToOthersError):
        return Change(target, changed=False, fault=fault)
    try:
        changed = _write_manifest(target, _manifest(target, launcher))
    except OSError as error:
        return Change(target, changed=False, fault=fault_of(target.path, error))
    if target.is_system:
        fault = fault or closed_to_others(target.path, root)
    return Change(target, changed, fault)


def _manifest(target: Target, launcher: Path) -> bytes:
    """Return what a target's manifest must say; an installation's names its program without the folder."""
    installed = target.path == installed_manifest(target.family)
    return manifest(target.family, Path(launcher.name) if installed else launcher)


def _write_manifest(target: Target, content: bytes) -> bool:
    changed = write_if_different(
        target.path, content, mode=MANIFEST_MODE, is_for_everybody=target.is_system
    )
    if target.key:
        changed = registry.write(target.key, str(target.path), system=target.is_system) or changed
    return changed


def _is_served(target: Target) -> bool:
    """Return whether a system-wide manifest lets our extension start a program that is there."""
    manifest_of_all = _manifest_of_all(target)
    content = read_if_possible(manifest_of_all) if manifest_of_all else None
    if not manifest_of_all or content is None or not is_for_us(content, target.family):
        return False
    program = launcher_named_by(content, manifest_of_all)
    return program is not None and os.access(program, os.X_OK)


def _manifest_of_all(target: Target) -> Path | None:
    """Return the system-wide manifest that a user's own one would hide."""
    if target.is_system or not target.key:
        return target.shadowed_by
    named = registry.read(target.key, system=True)
    return Path(named) if named else None


def _entry(target: Target) -> Entry:
    state = _state(target)
    if state in GOOD:
        return Entry(target, state)
    fault = None if target.is_system else _obstacle(target)
    return Entry(target, State.BLOCKED if fault else state, fault)


def _obstacle(target: Target) -> OdcError | None:
    launcher = launcher_path()
    if not is_tellable(launcher):
        return UntellablePathError(file=readable(launcher))
    if sys.platform == "win32" and not launcher.exists():
        return NoHostProgramError(file=readable(launcher))
    return obstacle(target.path) or (None if _is_given(launcher) else obstacle(launcher))


def _state(target: Target) -> State:
    content = read_if_possible(target.path)
    if content is None or not _is_named(target):
        is_in_the_way = content is None and os.path.exists(target.path)  # noqa: PTH110 - never raises
        unserved = State.OTHER if is_in_the_way else State.MISSING
        return State.SYSTEM if _is_served(target) else unserved
    launcher = launcher_path()
    if launcher_named_by(content, target.path) != str(launcher):
        return State.OTHER
    is_whole = _is_given(launcher) or read_if_possible(launcher) == launcher_script()
    is_right = content == _manifest(target, launcher) and is_whole
    return State.REGISTERED if is_right and os.access(launcher, os.X_OK) else State.OUTDATED


def _is_named(target: Target) -> bool:
    """Return whether the browser finds the manifest: by its place, on Windows by the registry."""
    if not target.key:
        return True
    return registry.read(target.key, system=target.is_system) == str(target.path)


def _removed(target: Target) -> Change:
    try:
        return Change(target, _remove_ours(target))
    except OSError as error:
        return Change(target, changed=False, fault=fault_of(target.path, error))


def _remove_ours(target: Target) -> bool:
    content = read_if_possible(target.path)
    named = None if content is None else launcher_named_by(content, target.path)
    if content is not None and named != str(launcher_path()):
        return False
    # On Windows browsers of a family share a manifest, which went with the first one's entry.
    is_entered = bool(target.key) and _is_named(target)
    if is_entered:
        registry.remove(target.key, system=target.is_system)
    if target.path == installed_manifest(target.family):
        return is_entered  # it goes with the installation, and may serve others
    held_files.remove(target.path)
    return is_entered or content is not None
