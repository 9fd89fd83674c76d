"""What is told of a new version."""

from __future__ import annotations

import datetime as dt
import platform
import re
import sys
from typing import Annotated

import msgspec

from agent.ground.bus import Event
from agent.ground.reports import ErrorReport

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

_Address = Annotated[str, msgspec.Meta(max_length=2000)]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What the publisher says of the newest version for one kind of system; signed like packages."""

    version: Annotated[str, msgspec.Meta(max_length=50)]
    notes: dict[str, Annotated[str, msgspec.Meta(max_length=20000)]] = {}
    """What is new, by language (``zh_CN``, ``en``)."""
    package: _Address = ""
    """The package's target path; empty where only the page has it."""
    page: _Address = ""
    """The download page."""


class UpdateState(msgspec.Struct, frozen=True, kw_only=True):
    """What was found last; kept on disk."""

    checked: dt.datetime | None = None
    release: Release | None = None
    """A version newer than ours; None where there is none."""
    refusal: ErrorReport | None = None
    """Why the last look by itself took nothing: somebody may be holding updates back."""


class UpdateFound(Event, frozen=True, kw_only=True, tag="update_found"):
    """There is a newer version."""

    version: str


class UpdateProgress(Event, frozen=True, kw_only=True, tag="update_progress"):
    """A package is being downloaded."""

    received: int
    total: int


def release_target() -> str:
    """Return the target that describes the newest release for this system."""
    machine = platform.machine().lower()
    return f"releases/{sys.platform}-{_ARCHITECTURES.get(machine, machine)}.json"


def is_newer(version: str, than: str) -> bool:
    """Compare dotted version numbers; what is not one is never newer."""
    return _numbers(version) > _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split("."))) if re.fullmatch(r"\d+(\.\d+){0,5}", version) else ()
