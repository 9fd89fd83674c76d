"""Windows: the Run key of the user's registry. Written and typed, never run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence

from agent.autostart.model import Way

KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
VALUE = "odc-agent"

if sys.platform == "win32":
    import winreg

    class RunKey:
        """See agent.autostart.Autostart."""

        def __init__(self, command: Sequence[str]) -> None:
            self._command = subprocess.list2cmdline(command)

        def ways(self) -> list[Way]:
            """Return the entry of the key, where there is one."""
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, KEY) as key:
                    command, _ = winreg.QueryValueEx(key, VALUE)
            except FileNotFoundError:
                return []
            program = str(command).strip('"').split('"')[0]
            is_right = command == self._command or shutil.which(program) is not None
            return [Way(f"HKCU\\{KEY}\\{VALUE}", is_right)]

        def switch_on(self) -> None:
            """Write the entry."""
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, KEY) as key:
                winreg.SetValueEx(key, VALUE, 0, winreg.REG_SZ, self._command)

        def switch_off(self) -> None:
            """Remove the entry."""
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, KEY, 0, winreg.KEY_SET_VALUE) as key:
                    winreg.DeleteValue(key, VALUE)
            except FileNotFoundError:
                pass
