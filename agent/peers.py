"""Who is at the other end of a Unix socket. Standard library only: the native host starts through here."""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
from pathlib import Path

_CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid


def is_same_user(connection: socket.socket) -> bool:
    """Return whether the peer runs as this user, where the system can say so.

    Elsewhere the 0700 folder the socket lies in is what keeps others out.
    """
    if sys.platform == "linux":
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return bool(_CREDENTIALS.unpack(raw)[1] == os.getuid())
    return True


def is_private(folder: Path) -> bool:
    """Return whether ``folder`` is a real folder of this user that nobody else can look into."""
    if sys.platform == "win32":
        return True  # the user's profile has its own access list
    status = folder.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return ours and not stat.S_IMODE(status.st_mode) & 0o077
