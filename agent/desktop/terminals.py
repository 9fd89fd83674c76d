"""Opening a terminal with a command of ours: what stands in for a window where Qt is missing."""

from __future__ import annotations

import logging
import os
import shlex
import shutil
import subprocess
import sys

from agent.desktop.display import NoWindowError, has_display
from agent.system.files import write_private
from agent.system.hardening import users_umask
from agent.system.runtime import ensure_runtime_folder, module_command

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


def open_in_terminal(*command: str) -> None:
    """Run a command of ``odc-agent`` in a terminal that stays open until it is read.

    Raises:
        NoWindowError: no terminal, or no display.
    """
    _opened[:] = [process for process in _opened if process.poll() is None]
    try:
        _opened.append(_started(module_command("agent.desktop.terminal", *command)))
    except OSError as error:
        log.warning("terminal not opened: %s", error)
        raise NoWindowError from error


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

    def _started(command: list[str]) -> subprocess.Popen[bytes]:
        """Open a console. Not tried on Windows yet."""
        return subprocess.Popen(command, creationflags=subprocess.CREATE_NEW_CONSOLE)

elif sys.platform == "darwin":

    def _started(command: list[str]) -> subprocess.Popen[bytes]:
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

    def _started(command: list[str]) -> subprocess.Popen[bytes]:
        return _detached(terminal_command(command))


def _detached(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a process that outlives the agent and holds none of its pipes."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(
        command,
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        start_new_session=True,
        umask=users_umask(),
    )
