"""What has been reminded of, on disk; without it every restart would remind again."""

from __future__ import annotations

import logging
from pathlib import Path

from agent.ground.language import mark
from agent.reminders.rules import Shown
from agent.system.damage import DamagedError, Damages
from agent.system.kept_file import KeptFile

log = logging.getLogger(__name__)


class RemindersDamagedError(DamagedError):
    """The file of what was reminded of is laid aside."""

    code = "reminders_damaged"
    what = mark("The list of what you were reminded of")
    advice = mark(
        "You may be reminded once more of what you have seen, or did not want to be reminded of."
    )


class ReminderMemory:
    """Remembers by thumbprint; a damaged file costs one repeated reminder, nothing more."""

    def __init__(self, file: Path, damages: Damages | None = None) -> None:
        self._file = KeptFile(file, dict[str, Shown], RemindersDamagedError, damages)
        self._shown = self._file.read() or {}

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
            self._file.write(self._shown)
        except OSError as error:
            # A full disk must not silence reminders.
            log.warning("reminders not remembered reason=%s", error)
