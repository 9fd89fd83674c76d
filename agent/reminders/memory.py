"""What has been reminded of, on disk; without it every restart would remind again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
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

    def remember(self, shown: Mapping[str, Shown]) -> None:
        """Keep when certificates were reminded of, by thumbprint; the file is written once."""
        self._shown.update(shown)
        self._save()

    def forget(self, thumbprints: Iterable[str]) -> None:
        """Have these reminded of as if that had never been done; the file is written once."""
        known = [one for one in thumbprints if one in self._shown]
        for one in known:
            del self._shown[one]
        if known:
            self._save()

    def _save(self) -> None:
        try:
            self._file.write(self._shown)
        except OSError as error:
            # A full disk must not silence reminders.
            log.warning("reminders not remembered reason=%s", error)
