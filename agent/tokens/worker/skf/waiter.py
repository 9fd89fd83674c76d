"""The process that waits for devices of one library: ``waiter LIBRARY [WIDTH]``.

SKF_WaitForDevEvent blocks, and most libraries have one thread's worth of globals, so nobody who reads tokens
can wait as well. It is ended by being killed. Its output is one byte for each thing it has to tell.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from agent.system.hardening import end_with_agent, limit_memory
from agent.tokens.worker.skf.codes import Sar
from agent.tokens.worker.skf.library import MARGIN, Library, number_in, slot_of
from agent.tokens.worker.skf.waiting import EVENT, NONE, WAITING, Patience

_CAME, _WENT = 1, 2
_NAME_BYTES = 1 << 10


def main() -> None:
    """Tell of events until the agent ends, or as long as there are any."""
    end_with_agent()
    limit_memory()
    output = os.dup(1)
    os.dup2(2, 1)  # what a library prints is nothing the agent should read
    threading.Thread(target=_end_with_input, daemon=True).start()
    path, *ulong_bytes = sys.argv[1:]
    library = Library.loaded(path, *map(int, ulong_bytes))
    os.write(output, WAITING)
    patience = Patience()
    while True:
        started = time.monotonic()
        code, is_event = _wait(library)
        seconds = time.monotonic() - started
        if code == Sar.NOT_SUPPORTED_YET or patience.is_lost(seconds=seconds, is_event=is_event):
            os.write(output, NONE)
            return
        if is_event:
            os.write(output, EVENT)


def _wait(library: Library) -> tuple[int, bool]:
    """Wait once, and return the code and whether a device came or went."""
    name, size, event = bytearray(_NAME_BYTES + MARGIN), slot_of(_NAME_BYTES), slot_of(0)
    code = library.answer("WaitForDevEvent", name, size, event)
    return code, not code and number_in(event) in (_CAME, _WENT) and any(name)


def _end_with_input() -> None:
    while os.read(0, 1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
