"""Who we are to Windows: one program in its task bar and notices, whichever process has the window.

Without an identity of its own a window belongs to ``python.exe``, and a toast is shown for nobody
(Application User Model IDs, Win32 API).
"""

from __future__ import annotations

import sys
from pathlib import Path

APP_ID = "org.odc.agent"
_KEY = rf"Software\Classes\AppUserModelId\{APP_ID}"

if sys.platform == "win32":
    import ctypes
    import winreg

    def take_identity() -> None:
        """Have this process's windows be the program's; to be called before there is one."""
        ctypes.WinDLL("shell32").SetCurrentProcessExplicitAppUserModelID(ctypes.c_wchar_p(APP_ID))

    def register_identity(name: str, icon: Path | None) -> None:
        """Tell Windows by which name and icon our notices are shown, where no installation has.

        Raises:
            OSError: the registry refuses.
        """
        if any(map(_is_registered, (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE))):
            return
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _KEY) as key:
            winreg.SetValueEx(key, "DisplayName", 0, winreg.REG_SZ, name)
            if icon is not None:
                winreg.SetValueEx(key, "IconUri", 0, winreg.REG_SZ, str(icon))

    def _is_registered(root: int) -> bool:
        """Return whether a name is there, with an icon that is."""
        try:
            with winreg.OpenKey(root, _KEY) as key:
                return Path(winreg.QueryValueEx(key, "IconUri")[0]).exists()
        except FileNotFoundError:
            return False

else:

    def take_identity() -> None:
        """Do nothing: a window is told apart by its application's name."""

    def register_identity(name: str, icon: Path | None) -> None:
        """Do nothing: a notice says itself whose it is."""
