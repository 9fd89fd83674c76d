"""Opening windows. Until there are windows of our own, a renewal opens in a terminal."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys

from agent.errors import OdcError
from agent.language import mark

log = logging.getLogger(__name__)

_LINUX_TERMINALS = (
    ("x-terminal-emulator", "-e"),
    ("xfce4-terminal", "-x"),
    ("gnome-terminal", "--"),
    ("konsole", "-e"),
    ("xterm", "-e"),
)


class NoWindowError(OdcError):
    """There is nothing to show a window with."""

    code = "no_window"
    sentence = mark("No window can be opened here.")
    advice = mark("Run `odc-agent renew` in a terminal.")


def terminal_command(command: list[str], *, platform: str = sys.platform) -> list[str]:
    """Return how to run ``command`` in a terminal window of its own.

    Raises:
        NoWindowError: no terminal, or no display.
    """
    if platform == "win32":
        return ["cmd", "/c", "start", "", *command]
    if platform == "darwin":
        quoted = " ".join(command).replace('"', '\\"')
        return ["osascript", "-e", f'tell application "Terminal" to do script "{quoted}"']
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        for terminal, option in _LINUX_TERMINALS:
            if path := shutil.which(terminal):
                return [path, option, *command]
    raise NoWindowError


class DesktopWindows:
    """See agent.api.services.Windows."""

    def open_window(self, name: str, thumbprint: str | None = None) -> None:
        """Open a renewal in a terminal; whatever ``name`` asks for, there is no other window yet."""
        chosen = ["--thumbprint", thumbprint] if thumbprint else []
        renew = [sys.executable, "-P", "-m", "agent.cli", "renew", *chosen]
        log.info("window name=%s", name)
        subprocess.Popen(
            terminal_command(renew),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
