"""What has been reminded of, on disk; without it every restart would remind again."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from agent.reminders.rules import Shown
from agent.system.files import write_private

log = logging.getLogger(__name__)


class ReminderMemory:
    """Remembers by thumbprint; a damaged file costs one repeated reminder, nothing more."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._shown = self._load()

    def last(self, thumbprint: str) -> Shown | None:
        """Return when the certificate was last reminded of."""
        return self._shown.get(thumbprint)

    def remember(self, thumbprint: str, shown: Shown) -> None:
        """Keep that it has been reminded of."""
        self._shown[thumbprint] = shown
        self._save()

    def forget(self, thumbprint: str) -> None:
        """Have it reminded of as if that had never been done."""
        if self._shown.pop(thumbprint, None) is not None:
            self._save()

    def _save(self) -> None:
        try:
            write_private(self._file, msgspec.json.encode(self._shown))
        except OSError as error:
            # A full disk must not silence reminders.
            log.warning("reminders not remembered reason=%s", error)

    def _load(self) -> dict[str, Shown]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, Shown])
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
            log.warning("reminder memory unreadable reason=%s", error)
            return {}
