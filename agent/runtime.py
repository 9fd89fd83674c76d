"""Where the local API's sockets are. Standard library only: the native host starts through here.

Sockets live in the platform's runtime folder, in a 0700 folder of ours. Socket paths are limited to
about 100 bytes, so a hash of ``ODC_HOME`` stands in the name, not the path itself.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path

from agent.peers import is_private

CONTROL_SOCKET = "control.sock"
BROWSER_SOCKET = "browser.sock"


class RuntimeFolderError(Exception):
    """The runtime folder cannot be trusted: it belongs to somebody else or is open to others."""


def home_override(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder ``ODC_HOME`` names, which then holds all data; None when it is not set."""
    value = environment.get("ODC_HOME")
    return Path(value).resolve() if value else None


def runtime_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of this user's sockets under ``environment``, without making it."""
    home = home_override(environment)
    # A checksum is enough to tell homes apart, and imports nothing: the native host has to be quick.
    suffix = f"-{zlib.crc32(os.fsencode(home)):08x}" if home else ""
    if sys.platform == "win32":
        local = environment.get("LOCALAPPDATA") or os.fspath(Path.home() / "AppData" / "Local")
        return Path(local) / f"odc-agent{suffix}"
    else:  # noqa: RET505 - mypy skips the other platform's branch only with an else
        private = _private_folder(environment)
        if private is not None:
            return private / f"odc-agent{suffix}"
        # Everybody may write there: the name says whose it is, ensure_runtime_folder that it is so.
        return Path("/tmp") / f"odc-agent-{os.getuid()}{suffix}"  # noqa: S108


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

    def _private_folder(environment: Mapping[str, str]) -> Path | None:
        """Return the folder the system keeps for this user's run-time files, where there is one."""
        if sys.platform == "darwin":
            given = os.confstr("CS_DARWIN_USER_TEMP_DIR")
        else:
            given = environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
        return Path(given) if given and Path(given).is_dir() else None
