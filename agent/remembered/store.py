"""The file of remembered tokens. What is not understood is never overwritten."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path

import msgspec

from agent.certificates.china_time import china_date
from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.remembered.errors import (
    MemoryDamagedError,
    MemoryOfNewerVersionError,
    MemoryUnreadableError,
)
from agent.remembered.model import RememberedToken
from agent.system.files import write_private

log = logging.getLogger(__name__)

VERSION = 1


class _Version(msgspec.Struct, frozen=True):
    """The one thing that files of all versions say."""

    version: int


class _Content(_Version, frozen=True):
    tokens: tuple[RememberedToken, ...]


class TokenStore:
    """Reads once, then writes; a file that cannot be used is told of as a problem."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._may_write = True
        self.problem: OdcError | None = None
        """What is wrong with the file; None where nothing is."""

    def read(self) -> tuple[RememberedToken, ...]:
        """Return what is remembered; nothing where that cannot be told."""
        try:
            content = self._file.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            return self._left_alone(MemoryUnreadableError(reason=error.strerror or str(error)))
        try:
            if msgspec.json.decode(content, type=_Version).version > VERSION:
                return self._left_alone(MemoryOfNewerVersionError())
            return msgspec.json.decode(content, type=_Content).tokens
        except (ValueError, msgspec.DecodeError) as error:
            log.warning("remembered tokens damaged reason=%s", error)
            return self._laid_aside()

    def write(self, tokens: tuple[RememberedToken, ...]) -> None:
        """Replace what is remembered."""
        if not self._may_write:
            return
        content = _Content(version=VERSION, tokens=tokens)
        try:
            write_private(self._file, msgspec.json.encode(content))
        except OSError as error:
            # A full disk must not silence reminders: what was seen is known while the agent runs.
            log.warning("tokens not remembered reason=%s", error)

    def remove(self) -> None:
        """Have nothing on the disk: it is not wanted that anything is remembered."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            log.warning("remembered tokens not removed reason=%s", error)

    def _left_alone(self, problem: OdcError) -> tuple[RememberedToken, ...]:
        log.warning("remembered tokens not used code=%s", problem.code)
        self._may_write, self.problem = False, problem
        return ()

    def _laid_aside(self) -> tuple[RememberedToken, ...]:
        aside = _free_name(self._file, china_date(self._clock()))
        try:
            self._file.replace(aside)
        except OSError as error:
            return self._left_alone(MemoryUnreadableError(reason=error.strerror or str(error)))
        self.problem = MemoryDamagedError(file=str(aside))
        return ()


def _free_name(file: Path, day: dt.date) -> Path:
    """Return a name beside ``file`` that says when it was laid aside, and that nothing has yet."""
    number = 1
    while True:
        more = "" if number == 1 else f"-{number}"
        aside = file.with_name(f"{file.stem}.damaged-{day}{more}{file.suffix}")
        if not aside.exists():
            return aside
        number += 1
