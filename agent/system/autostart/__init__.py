"""Starting the agent at login: what does so now, and switching it on and off.

Each system has ways of its own; on Linux there are two, of which exactly one is to be on.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol

from agent.system.autostart.model import Way
from agent.system.runtime import home_override, module_command, own_program, program

__all__ = ["Autostart", "Way", "agent_command", "is_declined", "this_systems_autostart"]


class Autostart(Protocol):
    """The start at login of one kind of system."""

    def ways(self) -> list[Way]:
        """Return what starts the agent at login now."""

    def switch_on(self) -> None:
        """Have exactly one thing start this agent; OSError where that cannot be written."""

    def switch_off(self) -> None:
        """Have nothing start the agent; OSError where that cannot be written."""


def agent_command() -> list[str]:
    """Return the command that runs this agent, with the ``ODC_HOME`` it has."""
    home = home_override()
    words = ("run", "--wait")
    if installed := own_program("odc-agent"):
        return [installed, *words]
    command = module_command("agent.cli", *words, interpreter=program())
    if home is None or sys.platform == "win32":
        return command
    return ["/usr/bin/env", f"ODC_HOME={os.fspath(home)}", *command]


def is_declined() -> bool:
    """Return whether the user has switched the start off in a list of the system's own, as Windows has."""
    if sys.platform == "win32":
        from agent.system.autostart.windows import is_switched_off  # noqa: PLC0415 - as below

        return is_switched_off()
    else:  # noqa: RET505 - mypy skips the other platforms' branches only so
        return False


def this_systems_autostart() -> Autostart:
    """Return how this system starts programs at login."""
    if sys.platform == "win32":
        from agent.system.autostart.windows import RunKey  # noqa: PLC0415 - exists on Windows only

        return RunKey(agent_command())
    if sys.platform == "darwin":
        from agent.system.autostart.macos import LaunchAgent  # noqa: PLC0415

        return LaunchAgent(agent_command())
    from agent.system.autostart.linux import LinuxAutostart  # noqa: PLC0415

    # A package's files start the agent of the user's usual home.
    installation = None if home_override() else Path(sys.prefix)
    return LinuxAutostart(agent_command(), installation)
