"""A connected socket that a child process of ours gets from us.

On Unix it inherits the descriptor. Windows inherits no sockets (a layered provider's is nobody else's): there
the child tells its process id and is sent what ``WSADuplicateSocket`` says for it, by its standard streams.
The id is the child's own to tell, since the ``python.exe`` of a virtual environment runs another one.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

if sys.platform == "win32":
    _MOST_BYTES = 4096
    """WSAPROTOCOL_INFOW has 628."""

    def handing(end: socket.socket) -> dict[str, Any]:  # noqa: ARG001 - it is handed over later
        """Return the arguments for starting a process that is to get ``end``."""
        import subprocess  # noqa: PLC0415 - the child, which is to be quick, has no use for it

        return {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}

    def name_of(end: socket.socket) -> str:  # noqa: ARG001 - as above
        """Return the argument by which the child finds ``end``."""
        return "-"

    async def hand_over(end: socket.socket, process: asyncio.subprocess.Process) -> None:
        """Give ``end`` to the process, which has it once it asks; one that ended gets nothing."""
        assert process.stdin is not None
        assert process.stdout is not None
        told = await process.stdout.readline()
        if told.strip().isdigit():
            process.stdin.write(end.share(int(told)))
        process.stdin.close()

    def received(name: str) -> socket.socket:  # noqa: ARG001 - there is one
        """Return the socket this process was handed.

        Raises:
            OSError: whoever was to hand it over has ended.
        """
        sys.stdout.buffer.write(b"%d\n" % os.getpid())
        sys.stdout.buffer.flush()
        return socket.fromshare(sys.stdin.buffer.read(_MOST_BYTES))

else:

    def handing(end: socket.socket) -> dict[str, Any]:
        """Return the arguments for starting a process that is to get ``end``."""
        import subprocess  # noqa: PLC0415 - the child, which is to be quick, has no use for it

        quiet = subprocess.DEVNULL
        return {"stdin": quiet, "stdout": quiet, "pass_fds": (end.fileno(),)}

    def name_of(end: socket.socket) -> str:
        """Return the argument by which the child finds ``end``."""
        return str(end.fileno())

    async def hand_over(end: socket.socket, process: asyncio.subprocess.Process) -> None:
        """Give ``end`` to the process: it has it since it was started."""

    def received(name: str) -> socket.socket:
        """Return the socket this process was handed."""
        return socket.socket(fileno=int(name))
