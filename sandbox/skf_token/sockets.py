"""Where library and process meet: a Unix socket, or a port of this machine (``library/transport.h``)."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

_LOOPBACK = "127.0.0.1"


def listening_on_port() -> socket.socket:
    """Return a socket that listens on a free port of this machine alone: for libraries under Windows."""
    return socket.create_server((_LOOPBACK, 0))


def address_of(listener: socket.socket) -> str:
    """Return what ODC_SKF_SOCKET has to say for it."""
    name = listener.getsockname()
    return str(name[1]) if isinstance(name, tuple) else os.fsdecode(name)


def connected(address: str) -> socket.socket:
    """Return a connection to who listens there; OSError where nobody does."""
    if address.isdecimal():
        return socket.create_connection((_LOOPBACK, int(address)))
    return _connected(address)


if sys.platform == "win32":

    def listening(_path: Path) -> socket.socket:
        raise OSError("there are no Unix sockets")

    def _connected(_path: str) -> socket.socket:
        raise OSError("there are no Unix sockets")

else:

    def listening(path: Path) -> socket.socket:
        """Return a socket for this user alone that listens at ``path``, in a folder of his."""
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.fspath(path))
        path.chmod(0o600)
        listener.listen()
        return listener

    def _connected(path: str) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
        except OSError:
            connection.close()
            raise
        return connection
