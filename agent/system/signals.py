"""What the system asks of the agent: to end, or to end and start anew."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable


def on_signals(*, end: Callable[[], None], start_anew: Callable[[], None]) -> None:
    """Call ``end`` for SIGTERM and Ctrl-C, ``start_anew`` for SIGHUP, from the running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        if sys.platform == "win32":
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(end))
        else:
            loop.add_signal_handler(number, end)
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGHUP, start_anew)
