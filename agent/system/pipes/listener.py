"""The agent's end: takes clients of this user one after the other, and gives each a socket.

asyncio's own pipe server cannot be told who may open its pipes, so that everybody could read from
them. What is here waits in a thread and hands over one half of a socket pair, which the loop serves
as it does an inherited one.
"""

from __future__ import annotations

import logging
import threading

from agent.system.pipes.bridge import bridge
from agent.system.pipes.stream import PipeStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from agent.system.pipes.system import Pending, System

log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds until another instance is tried where the system had none."""


class PipeListener:
    """Listens until it is closed."""

    def __init__(
        self, system: System, name: str, accepted: Callable[[socket.socket], None]
    ) -> None:
        """Make the pipe; ``accepted`` is called in a thread of its own with each client.

        Raises:
            OSError: somebody has a pipe of this name.
        """
        self._system = system
        self._name = name
        self._accepted = accepted
        self._sid = system.own_sid()
        self._waiting: Pending | None = None
        self._closed = threading.Event()
        first = system.create(name, self._sid, is_first=True)
        self._thread = threading.Thread(target=self._listen, args=(first,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more clients; those that are there stay."""
        self._closed.set()
        if self._waiting is not None:
            self._waiting.cancel()
        self._thread.join()

    def _listen(self, handle: int | None) -> None:
        while handle is not None:
            if self._is_connected(handle) and self._is_ours(handle):
                self._accepted(bridge(PipeStream(self._system, handle)))
            else:
                self._system.close(handle)
            handle = self._next()

    def _next(self) -> int | None:
        """Return another instance, None once closed. Until it waits, clients find the pipe busy."""
        while not self._closed.is_set():
            try:
                return self._system.create(self._name, self._sid, is_first=False)
            except OSError as error:
                log.error("no pipe to listen on reason=%s", error)  # noqa: TRY400 - said, not raised
                self._closed.wait(PAUSE)
        return None

    def _is_connected(self, handle: int) -> bool:
        """Wait for a client and say whether it is there: not one that went at once, nor our end."""
        try:
            self._waiting = self._system.accept(handle)
            if self._closed.is_set():
                self._waiting.cancel()  # close() may have looked before there was anything to end
            self._waiting.wait(None)
        except OSError as error:
            log.debug("pipe not connected reason=%s", error)
            return False
        return True

    def _is_ours(self, handle: int) -> bool:
        try:
            is_ours = self._system.client_sid(handle) == self._sid
        except OSError as error:
            log.warning("client of the pipe cannot be named reason=%s", error)
            return False
        if not is_ours:
            log.warning("connection of another user refused")
        return is_ours
