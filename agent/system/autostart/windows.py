"""Windows: the Run key of the user's registry."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence

from agent.system.autostart.model import Way

KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
VALUE = "odc-agent"


def program_of(command: str) -> str:
    """Return the program that a command line starts: up to the quote that ends it, or the first blank."""
    begin = command.lstrip()
    if begin.startswith('"'):
        return begin[1:].partition('"')[0]
    return begin.partition(" ")[0]


if sys.platform == "win32":
    import winreg

    class RunKey:
        """See agent.system.autostart.Autostart."""

        def __init__(self, command: Sequence[str]) -> None:
            self._command = subprocess.list2cmdline(command)

        def ways(self) -> list[Way]:
            """Return the entries of the key: this user's, and everybody's that an installer wrote."""
            roots = {"HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}
            found = {name: _entry(root) for name, root in roots.items()}
            return [
                Way(f"{name}\\{KEY}\\{VALUE}", self._is_right(command))
                for name, command in found.items()
                if command
            ]

        def _is_right(self, command: str) -> bool:
            return command == self._command or shutil.which(program_of(command)) is not None

        def switch_on(self) -> None:
            """Write the entry, unless everybody's starts the agent."""
            command = _entry(winreg.HKEY_LOCAL_MACHINE)
            if command and self._is_right(command):
                self.switch_off()
                return
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, KEY) as key:
                winreg.SetValueEx(key, VALUE, 0, winreg.REG_SZ, self._command)

        def switch_off(self) -> None:
            """Remove this user's entry; everybody's is the administrator's."""
            try:
                with winreg.OpenKey(winreg.HKEY_CURRENT_USER, KEY, 0, winreg.KEY_SET_VALUE) as key:
                    winreg.DeleteValue(key, VALUE)
            except FileNotFoundError:
                pass

    def _entry(root: int) -> str:
        """Return the command that starts the agent; empty where there is none."""
        try:
            with winreg.OpenKey(root, KEY) as key:
                return str(winreg.QueryValueEx(key, VALUE)[0])
        except FileNotFoundError:
            return ""
