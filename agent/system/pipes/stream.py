"""One end of a pipe, with as much of a socket's interface as the local API's clients use."""

from __future__ import annotations

import os
import zlib
from _thread import allocate_lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from agent.system.pipes.system import Pending, System

    T = TypeVar("T")


def pipe_name(socket_path: str | os.PathLike[str]) -> str:
    r"""Return the pipe's name in place of a socket's path, which is the user's and the home's own.

    Names of pipes are everybody's: who is at the other end is asked, never taken from the name.
    """
    path = os.fspath(socket_path)
    name = os.path.basename(path).partition(".")[0]
    return rf"\\.\pipe\odc-agent-{zlib.crc32(os.fsencode(path)):08x}-{name}"


def open_pipe(system: System, name: str) -> PipeStream:
    """Connect to the agent's pipe.

    Raises:
        PermissionError: another user has made it, to be taken for the agent.
        OSError: there is none, or all its instances are busy.
    """
    handle = system.open(name)
    try:
        is_ours = system.server_sid(handle) == system.own_sid()
    except OSError:
        system.close(handle)
        raise
    if not is_ours:
        system.close(handle)
        raise PermissionError("the agent's pipe belongs to another user")
    return PipeStream(system, handle)


class PipeStream:
    """A connected end. One thread reads, one writes, any may shut it down."""

    def __init__(self, system: System, handle: int) -> None:
        self._system = system
        self._handle = handle
        self._timeout: float | None = None
        self._lock = allocate_lock()
        self._pending: set[Pending] = set()
        self._is_shut = False
        self._is_closed = False

    def settimeout(self, seconds: float | None) -> None:
        """Have what waits longer than this raise TimeoutError."""
        self._timeout = seconds

    def recv(self, size: int) -> bytes:
        """Return what has come, at most ``size`` bytes; nothing at the end of the stream.

        Raises:
            TimeoutError: nothing came in time; the stream is shut down, as a part may be lost.
        """
        try:
            pending = self._start(None, size)
            return self._finish(pending, lambda: pending.wait(self._timeout))
        except TimeoutError:
            raise
        except OSError:
            return b""  # Windows has no end of a stream: the other end's is a broken pipe

    def recv_into(self, buffer: memoryview) -> int:
        """Read into ``buffer``, and nowhere else, as :meth:`recv` does; return how many bytes have come."""
        try:
            pending = self._start(None, len(buffer))
            return self._finish(pending, lambda: pending.wait_into(self._timeout, buffer))
        except TimeoutError:
            raise
        except OSError:
            return 0

    def sendall(self, data: bytes | bytearray) -> None:
        """Send all of ``data``; OSError where nobody reads it any more."""
        pending = self._start(data, 0)
        self._finish(pending, lambda: pending.wait(self._timeout))

    def shutdown(self, _how: int = 0) -> None:
        """Wake whoever reads or writes: they find the stream at its end."""
        with self._lock:
            self._is_shut = True
            for pending in self._pending:
                pending.cancel()

    def close(self) -> None:
        """Give the handle back."""
        self.shutdown()
        with self._lock:
            is_closed, self._is_closed = self._is_closed, True
        if not is_closed:
            self._system.close(self._handle)

    def _start(self, data: bytes | bytearray | None, size: int) -> Pending:
        with self._lock:
            if self._is_shut:
                raise BrokenPipeError("the pipe was shut down")
            if data is None:
                pending = self._system.read(self._handle, size)
            else:
                pending = self._system.write(self._handle, data)
            self._pending.add(pending)
        return pending

    def _finish(self, pending: Pending, wait: Callable[[], T]) -> T:
        try:
            return wait()
        except TimeoutError:
            self.shutdown()
            raise
        finally:
            with self._lock:
                self._pending.discard(pending)
