"""Opening windows. Until there are windows of our own, what one would show opens in a terminal."""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import subprocess
import sys

from agent.desktop.supervisor import has_display
from agent.errors import OdcError
from agent.files import write_private
from agent.language import mark
from agent.runtime import ensure_runtime_folder

log = logging.getLogger(__name__)

_LINUX_TERMINALS = (
    ("x-terminal-emulator", "-e"),
    ("xfce4-terminal", "-x"),
    ("gnome-terminal", "--"),
    ("konsole", "-e"),
    ("xterm", "-e"),
)

_opened: list[subprocess.Popen[bytes]] = []
"""Terminals this process opened, kept until they have ended so that none is left a zombie."""


class NoWindowError(OdcError):
    """There is nothing to show a window with."""

    code = "no_window"
    sentence = mark("No window can be opened here.")
    advice = mark("Run `odc-agent renew` in a terminal.")


class DesktopWindows:
    """See agent.api.services.Windows."""

    def open_window(self, name: str, thumbprint: str | None = None) -> None:
        """Open a renewal, or a site's question (``consent`` and its id), in a terminal.

        Raises:
            NoWindowError: no terminal, or no display.
        """
        chosen = _command(name, thumbprint)
        command = [sys.executable, "-P", "-m", "agent.desktop.terminal", *chosen]
        log.info("window name=%s", name)
        _opened[:] = [process for process in _opened if process.poll() is None]
        try:
            _opened.append(_open_terminal(command))
        except OSError as error:
            log.warning("terminal not opened: %s", error)
            raise NoWindowError from error


def _command(name: str, chosen: str | None) -> list[str]:
    """Return the command of ``odc-agent`` that stands for a window."""
    if name == "consent" and chosen:
        return ["sites", "ask", chosen]
    return ["renew", *(["--thumbprint", chosen] if chosen else [])]


def terminal_command(command: list[str]) -> list[str]:
    """Return how to run ``command`` in a terminal window of its own on Linux.

    Raises:
        NoWindowError: no terminal, or no display.
    """
    if has_display():
        for terminal, option in _LINUX_TERMINALS:
            if path := shutil.which(terminal):
                return [path, option, *command]
    raise NoWindowError


if sys.platform == "win32":

    def _open_terminal(command: list[str]) -> subprocess.Popen[bytes]:
        """Open a console. Not tried on Windows yet."""
        return subprocess.Popen(command, creationflags=subprocess.CREATE_NEW_CONSOLE)

elif sys.platform == "darwin":

    def _open_terminal(command: list[str]) -> subprocess.Popen[bytes]:
        """Open Terminal.app, which runs files named .command. Not tried on macOS yet."""
        # Terminal starts it with an environment of its own.
        kept = {name: value for name, value in os.environ.items() if name.startswith("ODC_")}
        settings = [f"export {name}={shlex.quote(value)}" for name, value in kept.items()]
        file = ensure_runtime_folder() / "renew.command"
        lines = ["#!/bin/sh", *settings, f"exec {shlex.join(command)}", ""]
        write_private(file, "\n".join(lines).encode())
        file.chmod(0o700)
        return _detached(["open", "-a", "Terminal", os.fspath(file)])

else:

    def _open_terminal(command: list[str]) -> subprocess.Popen[bytes]:
        return _detached(terminal_command(command))


def _detached(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a process that outlives the agent and holds none of its pipes."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )
