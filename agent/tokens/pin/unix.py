"""PIN entry over a Unix socket in the 0700 runtime folder, under a name nobody can guess.

Raw sockets, because a secret then stays in one buffer that can be wiped.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys

from agent.system.peers import is_same_user
from agent.system.runtime import ensure_runtime_folder
from agent.tokens.errors import PinNotGivenError
from agent.tokens.pin.framed import StreamConnection

if sys.platform != "win32":

    class SocketListener:
        """The worker's one-time socket."""

        def __init__(self) -> None:
            self._path = ensure_runtime_folder() / f"pin-{secrets.token_hex(8)}.sock"
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(os.fspath(self._path))
            self._listener.listen(1)

        @property
        def endpoint(self) -> str:
            return os.fspath(self._path)

        def accept(self) -> StreamConnection:
            connection, _ = self._listener.accept()
            self._listener.close()
            self._path.unlink(missing_ok=True)
            if not is_same_user(connection):
                connection.close()
                raise PinNotGivenError
            return StreamConnection(connection)

    def open_socket(endpoint: str, seconds: float) -> socket.socket:
        """Connect to a worker's socket; whatever is waited for there takes at most so many seconds."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(seconds)
            connection.connect(endpoint)
        except BaseException:
            connection.close()
            raise
        return connection
