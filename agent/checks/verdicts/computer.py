"""The computer itself: room on its disks, versions, and other programs that use the token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from agent.checks.model import CheckState, Finding, Findings, finding, ok, reported
from agent.ground.language import mark
from agent.ground.not_confined import NOT_CONFINED, WHAT_TO_DO
from agent.ground.reports import ErrorReport

ENOUGH = 100 << 20
"""Bytes: a renewal with its scans takes a tenth."""
TOO_LITTLE = 10 << 20


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """One folder of the agent's."""

    folder: str
    free: int = 0
    """Bytes this user may still take."""
    obstacle: str = ""
    """Why nothing can be written there; empty where it can."""


def judge_disk(rooms: Sequence[Room]) -> Findings:
    """Return whether the agent can keep what it must."""
    return [_room(room) for room in rooms]


def _room(room: Room) -> Finding:
    megabytes = room.free >> 20
    values: dict[str, Any] = {
        "folder": room.folder,
        "megabytes": megabytes,
        "reason": room.obstacle,
    }
    make_room = mark("Delete files that are no longer needed.")
    if room.obstacle:
        sentence = mark("Nothing can be written to {folder}: {reason}")
        advice = mark(
            "Make room on the disk, or ask your administrator for the right to write there."
        )
        return finding(CheckState.FAILED, sentence, advice, **values)
    if room.free < TOO_LITTLE:
        sentence = mark("The disk of {folder} is as good as full: {megabytes} MB are free.")
        return finding(CheckState.FAILED, sentence, make_room, **values)
    if room.free < ENOUGH:
        sentence = mark("The disk of {folder} is almost full: {megabytes} MB are free.")
        return finding(CheckState.WARNING, sentence, make_room, **values)
    return ok(mark("{folder}: {megabytes} MB are free."), **values)


def judge_confinement(*, can_confine: bool) -> Findings:
    """Return whether strangers' files can be opened here."""
    if can_confine:
        return [ok(mark("Strangers' files are opened in processes that are confined."))]
    return [finding(CheckState.FAILED, NOT_CONFINED, WHAT_TO_DO)]


def judge_settings(problems: Sequence[ErrorReport]) -> Findings:
    """Return what of the configuration files cannot be used."""
    return [reported(CheckState.WARNING, problem) for problem in problems] or [
        ok(mark("The configuration files are valid."))
    ]


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """What runs, and what is installed."""

    running: str
    installed: str
    """What the files on disk say; another one after an upgrade."""
    python: str
    system: str
    libraries: tuple[tuple[str, str], ...] = ()


def judge_versions(versions: Versions) -> Findings:
    """Return the versions; an agent that was replaced on disk is to be started again."""
    libraries = ", ".join(" ".join(library) for library in versions.libraries)
    said = ok(
        mark("Agent {running}; Python {python}; {system}; {libraries}"),
        running=versions.running,
        python=versions.python,
        system=versions.system,
        libraries=libraries,
    )
    if versions.installed in ("", versions.running):
        return [said]
    return [
        finding(
            CheckState.WARNING,
            mark("Version {installed} is installed, {running} still runs."),
            mark("Run `odc-agent quit`; the new version starts at the next command or login."),
            running=versions.running,
            installed=versions.installed,
        ),
        said,
    ]


class Others(msgspec.Struct, frozen=True, kw_only=True):
    """Who else is at the tokens."""

    held_readers: tuple[str, ...] = ()
    """Readers whose card one program has for itself alone."""
    programs: tuple[str, ...] = ()
    """Names of this user's programs that have loaded a token driver."""


def judge_others(others: Others) -> Findings:
    """Return whether another program keeps a token to itself."""
    programs = ", ".join(others.programs)
    held = [
        finding(
            CheckState.FAILED,
            mark("Another program has the token in {reader} for itself."),
            mark("Close it: {programs}")
            if programs
            else mark("Close other programs that use the token."),
            reader=reader,
            programs=programs,
        )
        for reader in others.held_readers
    ]
    if held:
        return held
    if programs:
        return [ok(mark("Other programs use a token driver too: {programs}"), programs=programs)]
    return [ok(mark("No other program uses the token."))]
