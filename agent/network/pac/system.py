"""Where the system says that its PAC program is. Windows and macOS are written, not run yet.

Looking for one by the network's own word (WPAD) is left out: whoever answers first would be the proxy.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

SECONDS = 5.0


def system_source() -> str:
    """Return the URL of the system's PAC program; empty where there is none."""
    if sys.platform == "win32":
        return _of_registry()
    if sys.platform == "darwin":
        return of_scutil(_said("scutil", "--proxy"))
    if shutil.which("gsettings") is None:
        return ""
    if of_gsettings(_said("gsettings", "get", "org.gnome.system.proxy", "mode")) != "auto":
        return ""
    return of_gsettings(_said("gsettings", "get", "org.gnome.system.proxy", "autoconfig-url"))


def of_gsettings(said: str) -> str:
    """Return a string of ``gsettings get``: it is printed in quotes (GVariant's text form)."""
    text = said.strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else ""


def of_scutil(said: str) -> str:
    """Return the URL in what ``scutil --proxy`` prints, where it is switched on."""
    pairs = (line.partition(" : ") for line in said.splitlines())
    values = {name.strip(): value.strip() for name, _, value in pairs}
    is_on = values.get("ProxyAutoConfigEnable") == "1"
    return values.get("ProxyAutoConfigURLString", "") if is_on else ""


def _said(*command: str) -> str:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError, UnicodeError):
        return ""
    return done.stdout if done.returncode == 0 else ""


if sys.platform == "win32":
    import winreg

    _KEY = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"

    def _of_registry() -> str:
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, _KEY) as key:
                return str(winreg.QueryValueEx(key, "AutoConfigURL")[0])
        except OSError:
            return ""
