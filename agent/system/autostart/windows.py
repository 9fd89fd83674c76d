"""Windows: the Run key of the user's registry, and what the Task Manager has said of its entries."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Sequence

from agent.system.autostart.model import Way

KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
APPROVED_KEY = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
"""Where Task Manager and Settings note which entries are switched off: the entries themselves stay."""
VALUE = "odc-agent"


def program_of(command: str) -> str:
    """Return the program that a command line starts: up to the quote that ends it, or the first blank."""
    begin = command.lstrip()
    if begin.startswith('"'):
        return begin[1:].partition('"')[0]
    return begin.partition(" ")[0]


def is_approved(noted: bytes) -> bool:
    """Return whether an entry is switched on of which this is noted: 2 and 6 say so, 3 and 7 not."""
    return not (noted and noted[0] & 1)


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
            """Write the entry, unless everybody's starts the agent; it counts whatever was noted of it."""
            command = _entry(winreg.HKEY_LOCAL_MACHINE)
            if command and self._is_right(command):
                self.switch_off()
                return
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, KEY) as key:
                winreg.SetValueEx(key, VALUE, 0, winreg.REG_SZ, self._command)
            _delete(APPROVED_KEY)

        def switch_off(self) -> None:
            """Remove this user's entry; everybody's is the administrator's."""
            for key in (KEY, APPROVED_KEY):
                _delete(key)

    def is_switched_off() -> bool:
        """Return whether this user has switched the entry off in Task Manager or Settings."""
        return not _is_on(winreg.HKEY_CURRENT_USER) and bool(_value(winreg.HKEY_CURRENT_USER, KEY))

    def _entry(root: int) -> str:
        """Return the command that starts the agent; empty where there is none, or it is switched off."""
        return str(_value(root, KEY) or "") if _is_on(root) else ""

    def _is_on(root: int) -> bool:
        noted = _value(root, APPROVED_KEY)
        return is_approved(noted if isinstance(noted, bytes) else b"")

    def _value(root: int, key: str) -> object:
        """Return the agent's value in a key; None where there is none."""
        try:
            with winreg.OpenKey(root, key) as opened:
                return winreg.QueryValueEx(opened, VALUE)[0]
        except FileNotFoundError:
            return None

    def _delete(key: str) -> None:
        """Remove the agent's value from a key of this user's."""
        with (
            contextlib.suppress(FileNotFoundError),
            winreg.OpenKey(winreg.HKEY_CURRENT_USER, key, 0, winreg.KEY_SET_VALUE) as opened,
        ):
            winreg.DeleteValue(opened, VALUE)
