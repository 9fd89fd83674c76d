"""A socket in a pipe's place, for those who wait on sockets: asyncio, and clients that want a real one."""

from __future__ import annotations

import contextlib
import socket
import threading

from agent.system.pipes.stream import PipeStream

READ_SIZE = 65536


def bridge(stream: PipeStream) -> socket.socket:
    """Return a socket for ``stream``: what goes into the one comes out of the other."""
    ours, theirs = socket.socketpair()
    down = threading.Thread(target=_pass_down, args=(ours, stream), daemon=True)
    down.start()
    threading.Thread(target=_pass_up, args=(ours, stream, down), daemon=True).start()
    return theirs


def _pass_down(ours: socket.socket, stream: PipeStream) -> None:
    with contextlib.suppress(OSError):
        while data := ours.recv(READ_SIZE):
            stream.sendall(data)
    stream.shutdown()


def _pass_up(ours: socket.socket, stream: PipeStream, down: threading.Thread) -> None:
    with contextlib.suppress(OSError):
        while data := stream.recv(READ_SIZE):
            ours.sendall(data)
    with contextlib.suppress(OSError):
        ours.shutdown(socket.SHUT_RDWR)
    down.join()
    ours.close()
    stream.close()
