"""When a browser's extension last reached the agent: kept, since it may be days ago."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path

import msgspec

from agent.ground.clock import Clock
from agent.system.files import write_private

log = logging.getLogger(__name__)

WRITE_INTERVAL = dt.timedelta(hours=1)
"""A portal may connect often; the day is what is told."""


class _Kept(msgspec.Struct, frozen=True):
    last: dt.datetime


class BrowserSeen:
    """Notes connections of browsers; a damaged or unwritable file costs the memory, nothing else."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._written: dt.datetime | None = None
        self.last = self._load()
        """When a browser last connected; None where none ever has."""

    def note(self) -> None:
        """Remember that a browser has connected just now."""
        self.last = self._clock()
        if self._written is not None and self.last - self._written < WRITE_INTERVAL:
            return
        try:
            write_private(self._file, msgspec.json.encode(_Kept(last=self.last)))
        except OSError as error:
            log.warning("browser connection not remembered reason=%s", error)
        else:
            self._written = self.last

    def _load(self) -> dt.datetime | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=_Kept).last
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
            log.warning("browser memory unreadable reason=%s", error)
            return None
