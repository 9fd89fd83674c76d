"""Telling the user's service manager how the agent is: sd_notify(3), a few datagrams to a socket.

Where nobody asked (``NOTIFY_SOCKET`` is not set) nothing is sent and nothing wakes up.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping

READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"


class ServiceManager:
    """The service manager that started this process, where one did."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._pause = _watchdog_pause(environment)

    def tell(self, state: str) -> None:
        """Send one state; a manager that is gone is no failure of ours."""
        if sys.platform == "win32" or not self._address:
            return
        address = self._address
        if address.startswith("@"):  # Linux's abstract names
            address = "\0" + address[1:]
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.connect(address)
            out.sendall(state.encode())

    @contextlib.asynccontextmanager
    async def told(self) -> AsyncIterator[None]:
        """Say ready, then alive as often as is asked, and at the end that it is the end."""
        self.tell(READY)
        alive = asyncio.create_task(self._stay_alive()) if self._address and self._pause else None
        try:
            yield
        finally:
            if alive:
                alive.cancel()
            self.tell(STOPPING)

    async def _stay_alive(self) -> None:
        # From the loop: an agent whose loop hangs is one that does not answer.
        while True:
            self.tell(ALIVE)
            await asyncio.sleep(self._pause)


def _watchdog_pause(environment: Mapping[str, str]) -> float:
    """Return half of what the watchdog waits, in seconds; 0 where none watches this process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0
    try:
        return int(environment.get("WATCHDOG_USEC", "0")) / 2_000_000
    except ValueError:
        return 0
