"""When a browser's extension last reached the agent: kept, since it may be days ago."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path

import msgspec

from agent.ground.clock import Clock
from agent.ground.language import mark
from agent.system.damage import DamagedError, Damages
from agent.system.kept_file import KeptFile

log = logging.getLogger(__name__)

WRITE_INTERVAL = dt.timedelta(hours=1)
"""A portal may connect often; the day is what is told."""


class _Kept(msgspec.Struct, frozen=True):
    last: dt.datetime


class BrowserSeenDamagedError(DamagedError):
    """The file that says when a browser was last here is laid aside."""

    code = "browser_seen_damaged"
    what = mark("The note on when a browser last reached the agent")
    advice = mark("Nothing needs to be done.")


class BrowserSeen:
    """Notes connections of browsers; a damaged or unwritable file costs the memory, nothing else."""

    def __init__(self, file: Path, clock: Clock, damages: Damages | None = None) -> None:
        self._file = KeptFile(file, _Kept, BrowserSeenDamagedError, damages)
        self._clock = clock
        self._written: dt.datetime | None = None
        kept = self._file.read()
        self.last = kept.last if kept else None
        """When a browser last connected; None where none ever has."""

    def note(self) -> None:
        """Remember that a browser has connected just now."""
        self.last = self._clock()
        if self._written is not None and self.last - self._written < WRITE_INTERVAL:
            return
        try:
            self._file.write(_Kept(last=self.last))
        except OSError as error:
            log.warning("browser connection not remembered reason=%s", error)
        else:
            self._written = self.last
