"""macOS: a launch agent of the user's (launchd.plist(5)). Written and typed, never run."""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from pathlib import Path

from agent.autostart.model import Way
from agent.files import write_private

LABEL = "org.odc.agent"


class LaunchAgent:
    """See agent.autostart.Autostart."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._file = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    def ways(self) -> list[Way]:
        """Return the file, where there is one that starts something."""
        try:
            entry = plistlib.loads(self._file.read_bytes())
        except FileNotFoundError:
            return []
        except (plistlib.InvalidFileException, OSError):
            return [Way(str(self._file), is_right=False)]
        if not isinstance(entry, dict) or entry.get("Disabled"):
            return []
        started = entry.get("ProgramArguments") or [""]
        return [Way(str(self._file), Path(str(started[0])).exists())]

    def switch_on(self) -> None:
        """Write the file; launchd reads it at the next login."""
        entry = {"Label": LABEL, "ProgramArguments": self._command, "RunAtLoad": True}
        write_private(self._file, plistlib.dumps(entry))

    def switch_off(self) -> None:
        """Remove the file."""
        self._file.unlink(missing_ok=True)
