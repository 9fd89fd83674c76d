"""Where the local API's sockets are. Standard library only: the native host starts through here.

Sockets live in the platform's runtime folder, in a 0700 folder of ours. Socket paths are limited to
about 100 bytes, so a hash of ``ODC_HOME`` stands in the name, not the path itself.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from pathlib import Path

CONTROL_SOCKET = "control.sock"
BROWSER_SOCKET = "browser.sock"


class RuntimeFolderError(Exception):
    """The runtime folder cannot be trusted: it belongs to somebody else or is open to others."""


def home_override() -> Path | None:
    """Return the folder ``ODC_HOME`` names, which then holds all data; None when it is not set."""
    value = os.environ.get("ODC_HOME")
    return Path(value).absolute() if value else None


def runtime_folder() -> Path:
    """Return the folder of this user's sockets, without making it."""
    home = home_override()
    suffix = "-" + hashlib.sha256(os.fsencode(home)).hexdigest()[:12] if home else ""
    return _platform_folder() / f"odc-agent{suffix}"


def ensure_runtime_folder() -> Path:
    """Make the runtime folder where it is missing and return it.

    Raises:
        RuntimeFolderError: it exists and is not ours alone (0700, own uid).
    """
    folder = runtime_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform != "win32":
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            raise RuntimeFolderError(f"{folder} belongs to another user")
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise RuntimeFolderError(f"{folder} is open to other users")
    return folder


def _platform_folder() -> Path:
    if sys.platform == "win32":
        return (
            Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "odc-agent"
        )
    if sys.platform == "darwin":
        return Path(os.confstr("CS_DARWIN_USER_TEMP_DIR") or tempfile.gettempdir())
    given = os.environ.get("XDG_RUNTIME_DIR")
    if given and Path(given).is_dir():
        return Path(given)
    login = Path(f"/run/user/{os.getuid()}")
    if login.is_dir():
        return login
    return Path(tempfile.gettempdir()) / f"odc-{os.getuid()}"
