"""The file of remembered tokens. What is not understood is never overwritten."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from agent.ground.decoding import from_json
from agent.remembered.errors import MemoryDamagedError, MemoryOfNewerVersionError
from agent.remembered.model import RememberedToken
from agent.system.damage import Damages, read_whole
from agent.system.kept_file import KeptFile

log = logging.getLogger(__name__)

VERSION = 1


class _Version(msgspec.Struct, frozen=True):
    """The one thing that files of all versions say."""

    version: int


class _Content(_Version, frozen=True):
    tokens: tuple[RememberedToken, ...]


class TokenStore:
    """Reads once, then writes; a file that cannot be used is told of."""

    def __init__(self, file: Path, damages: Damages | None = None) -> None:
        self._path = file
        self._damages = damages or Damages()
        self._file = KeptFile(file, _Content, MemoryDamagedError, self._damages)

    def read(self) -> tuple[RememberedToken, ...]:
        """Return what is remembered; nothing where that cannot be told."""
        if self._is_newer():
            self._file.leave_alone()
            self._damages.tell(MemoryOfNewerVersionError())
            return ()
        content = self._file.read()
        return content.tokens if content else ()

    def write(self, tokens: tuple[RememberedToken, ...]) -> None:
        """Replace what is remembered."""
        try:
            self._file.write(_Content(version=VERSION, tokens=tokens))
        except OSError as error:
            # A full disk must not silence reminders: what was seen is known while the agent runs.
            log.warning("tokens not remembered reason=%s", error)

    def remove(self) -> None:
        """Have nothing on the disk: it is not wanted that anything is remembered."""
        try:
            self._file.remove()
        except OSError as error:
            log.warning("remembered tokens not removed reason=%s", error)

    def _is_newer(self) -> bool:
        try:
            return from_json(read_whole(self._path), _Version).version > VERSION
        except (OSError, ValueError, RecursionError, msgspec.DecodeError):
            return False
