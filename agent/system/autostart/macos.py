"""macOS: a launch agent of the user's (launchd.plist(5)). Written and typed, never run."""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from pathlib import Path

from agent.system.autostart.model import Way
from agent.system.files import write_private

LABEL = "org.odc.agent"
_FOR_EVERYBODY = Path("/Library/LaunchAgents") / f"{LABEL}.plist"


class LaunchAgent:
    """See agent.system.autostart.Autostart."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = list(command)
        self._file = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"

    def ways(self) -> list[Way]:
        """Return the files that start something: this user's, and everybody's that a package brought."""
        found = (_way(self._file), _way(_FOR_EVERYBODY))
        return [way for way in found if way is not None]

    def switch_on(self) -> None:
        """Write the file, unless everybody's starts the agent; launchd reads it at the next login."""
        everybodys = _way(_FOR_EVERYBODY)
        if everybodys is not None and everybodys.is_right:
            self.switch_off()
            return
        entry = {"Label": LABEL, "ProgramArguments": self._command, "RunAtLoad": True}
        write_private(self._file, plistlib.dumps(entry))

    def switch_off(self) -> None:
        """Remove this user's file; everybody's is the administrator's."""
        self._file.unlink(missing_ok=True)


def _way(file: Path) -> Way | None:
    """Return the file, where it is there and starts something."""
    try:
        entry = plistlib.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except (plistlib.InvalidFileException, OSError):
        return Way(str(file), is_right=False)
    if not isinstance(entry, dict) or entry.get("Disabled"):
        return None
    started = entry.get("ProgramArguments") or [""]
    return Way(str(file), Path(str(started[0])).exists())
