"""Where the local API's sockets are.

Sockets live in the platform's runtime folder, in a 0700 folder of ours. Socket paths are limited to
about 100 bytes, so a hash of ``ODC_HOME`` stands in the name, not the path itself.

The native host starts through here: only what the interpreter brings anyway is imported at the top,
since ``pathlib`` alone would double its start.
"""

from __future__ import annotations

import os
import sys
import zlib

from agent.system.peers import is_private

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONTROL_SOCKET = "control.sock"
BROWSER_SOCKET = "browser.sock"


class RuntimeFolderError(Exception):
    """The runtime folder cannot be trusted: it belongs to somebody else or is open to others."""


def program() -> str:
    """Return the program that runs our modules by ``-m``: the interpreter, or the frozen agent.

    Frozen (PyInstaller) the native host is a program of its own, and a process goes by the name of its
    program. On Windows the agent is the one without a console.
    """
    if not getattr(sys, "frozen", False):
        return sys.executable
    name = "odc-agentw.exe" if sys.platform == "win32" else "odc-agent"
    return os.path.join(os.path.dirname(sys.executable), name)


def module_command(module: str, *arguments: str, interpreter: str = "") -> list[str]:
    """Return the command that runs one of our modules, isolated from whatever Python the user has.

    Args:
        module: what ``python -m`` would run.
        arguments: for it.
        interpreter: what runs it, this process's own program where nothing is said.
    """
    interpreter = interpreter or sys.executable
    if getattr(sys, "frozen", False):
        return [interpreter, "-I", "-m", module, *arguments]
    start = os.path.join(os.path.dirname(os.path.abspath(__file__)), "start_module.py")
    return [interpreter, "-I", start, module, *arguments]


def home_override(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder ``ODC_HOME`` names, which then holds all data; None when it is not set."""
    from pathlib import Path  # noqa: PLC0415 - see the module docstring

    home = _home(environment)
    return Path(home) if home else None


def runtime_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of this user's sockets under ``environment``, without making it."""
    from pathlib import Path  # noqa: PLC0415 - see the module docstring

    return Path(runtime_path(environment))


def _home(environment: Mapping[str, str]) -> str | None:
    value = environment.get("ODC_HOME")
    return os.path.realpath(value) if value else None


def runtime_path(environment: Mapping[str, str] = os.environ) -> str:
    """Return :func:`runtime_folder` as text."""
    home = _home(environment)
    # A checksum is enough to tell homes apart, and imports nothing: the native host has to be quick.
    suffix = f"-{zlib.crc32(os.fsencode(home)):08x}" if home else ""
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
        return os.path.join(local, f"odc-agent{suffix}")
    else:  # noqa: RET505 - mypy skips the other platform's branch only with an else
        private = _private_folder(environment)
        if private is not None:
            return f"{private}/odc-agent{suffix}"
        # Everybody may write there: the name says whose it is, ensure_runtime_folder that it is so.
        return f"/tmp/odc-agent-{os.getuid()}{suffix}"  # noqa: S108


def ensure_runtime_folder() -> Path:
    """Make the runtime folder where it is missing and return it.

    Raises:
        RuntimeFolderError: it exists and is not ours alone (0700, own uid).
    """
    folder = runtime_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise RuntimeFolderError(f"{folder} is not a folder") from error
    if not is_private(folder):
        raise RuntimeFolderError(f"{folder} is not this user's alone")
    return folder


if sys.platform != "win32":

    def _private_folder(environment: Mapping[str, str]) -> str | None:
        """Return the folder the system keeps for this user's run-time files, where there is one."""
        if sys.platform == "darwin":
            given = os.confstr("CS_DARWIN_USER_TEMP_DIR")
        else:
            given = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
        return given if given and os.path.isdir(given) else None
