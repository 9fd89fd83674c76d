"""Threads beside Qt's, in which nothing of Qt's comes to its end.

Its objects end there with the last who knows them, or as garbage. Such an end waits for the interpreter
with a lock for which Qt's thread may wait with the interpreter.
"""

from __future__ import annotations

import functools
import gc
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal


class QtThreads(QObject):
    """Runs work in threads; while any does, no garbage is collected. Qt's thread alone calls this."""

    _ended = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._at_work: dict[threading.Thread, Callable[[], None]] = {}
        """What is done, known here until its thread has ended, whoever else forgets it."""
        self._collects = True
        """Whether garbage is collected by itself while nothing is done."""
        self._ended.connect(self._end)

    def begin(self, work: Callable[[], None]) -> None:
        """Do ``work`` in a thread; one that hangs does not keep a closed window's process."""
        if not self._at_work:
            self._collects = gc.isenabled()
        gc.disable()
        thread = threading.Thread(target=self._do, args=(work,), daemon=True)
        self._at_work[thread] = work
        thread.start()

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._ended.emit(threading.current_thread())

    def _end(self, thread: threading.Thread) -> None:
        thread.join()  # it has a few instructions to go, and knows its work until then
        del self._at_work[thread]
        if self._collects and not self._at_work:
            gc.enable()


@functools.cache
def qt_threads() -> QtThreads:
    """Return those of this process."""
    return QtThreads()
