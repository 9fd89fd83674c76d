"""The loop in which this process talks to networks, in a thread of its own.

What strangers send is taken apart there: TLS, HTTP, a thousand chunks of one byte. The agent's own loop
waits for none of it, however long it takes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _OwnLoop:
    """Begins with the first who needs it, and ends with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def get(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="network", daemon=True).start()
            return self._loop


_OWN = _OwnLoop()


async def there(work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` returns, or raise what it raises; it is cancelled with whoever waits for it."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, _OWN.get()))


def there_blocking(work: Coroutine[Any, Any, T]) -> T:
    """Like :func:`there`, for a thread without a loop."""
    return asyncio.run_coroutine_threadsafe(work, _OWN.get()).result()


def there_soon(work: Coroutine[Any, Any, None]) -> None:
    """Have ``work`` done, and wait for nothing: also where Python tidies up in the network's own thread."""
    asyncio.run_coroutine_threadsafe(work, _OWN.get())
