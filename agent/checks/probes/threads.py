"""Calls that may never return, in threads that nobody waits for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T]) -> T:
    """Return what ``call`` returns, or raise what it raises.

    Where the caller stops waiting the thread is left behind. The pool of :func:`asyncio.to_thread`
    would have the agent's end wait for it.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def tell(call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed meanwhile
            loop.call_soon_threadsafe(lambda: None if answer.done() else call())

    def run() -> None:
        try:
            value = call()
        except Exception as raised:  # noqa: BLE001 - it is raised where it is waited for
            tell(partial(answer.set_exception, raised))
        else:
            tell(partial(answer.set_result, value))

    threading.Thread(target=run, name="check", daemon=True).start()
    return await answer
