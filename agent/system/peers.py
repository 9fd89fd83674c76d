"""Who is at the other end of a Unix socket. The native host starts through here: see agent.system.runtime."""

from __future__ import annotations

import os
import stat
import sys
from _struct import Struct  # see framing.py

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from _socket import socket as plain_socket

_CREDENTIALS = Struct("3i")  # struct ucred: pid, uid, gid


SOL_SOCKET, SO_PEERCRED = 1, 17  # asm-generic/socket.h


def is_same_user(connection: socket.socket | plain_socket) -> bool:
    """Return whether the peer runs as this user, where the system can say so.

    Elsewhere the 0700 folder the socket lies in is what keeps others out.
    """
    if sys.platform == "linux":
        raw = connection.getsockopt(SOL_SOCKET, SO_PEERCRED, _CREDENTIALS.size)
        return bool(_CREDENTIALS.unpack(raw)[1] == os.getuid())
    return True


def is_private(folder: str | os.PathLike[str]) -> bool:
    """Return whether ``folder`` is a real folder of this user that nobody else can look into."""
    if sys.platform == "win32":
        return True  # the user's profile has its own access list
    status = os.lstat(folder)
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return ours and not stat.S_IMODE(status.st_mode) & 0o077
