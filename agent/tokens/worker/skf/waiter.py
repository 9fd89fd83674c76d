"""The process that waits for devices of one library: ``waiter LIBRARY [by-value]``.

SKF_WaitForDevEvent blocks, and most libraries have one thread's worth of globals, so nobody who reads tokens
can wait as well. It is ended by being killed. Its output is one byte for each thing it has to tell.

It waits for as long as the agent runs: what it does not import is memory that nobody needs.
"""

from __future__ import annotations

import os
import sys
import time

from agent.system.dumps import crash_quietly
from agent.system.ending import end_at_once
from agent.system.hardening import end_with_agent, leave_working_folder, limit_memory
from agent.tokens.worker.skf.codes import Sar
from agent.tokens.worker.skf.loaded import MARGIN, Buffer, LoadedFunctions, Slot
from agent.tokens.worker.skf.waiting import BY_VALUE, EVENT, NONE, WAITING, Patience

_CAME, _WENT = 1, 2
_NAME_BYTES = 1 << 10


def main() -> None:
    """Tell of events until the agent ends, or as long as there are any."""
    path, *said = sys.argv[1:]
    end_with_agent()
    crash_quietly()
    limit_memory()
    leave_working_folder()
    output = os.dup(1)
    os.dup2(2, 1)  # what a library prints is nothing the agent should read
    _end_with_input()
    functions = LoadedFunctions(path)
    os.write(output, WAITING)
    _tell(functions, output, is_by_value=BY_VALUE in said)
    end_at_once()  # not every library survives being unloaded


def _tell(functions: LoadedFunctions, output: int, *, is_by_value: bool) -> None:
    patience = Patience()
    while True:
        started = time.monotonic()
        code, is_event = _wait(functions, is_by_value=is_by_value)
        seconds = time.monotonic() - started
        if code == Sar.NOT_SUPPORTED_YET or patience.is_lost(seconds=seconds, is_event=is_event):
            os.write(output, NONE)
            return
        if is_event:
            os.write(output, EVENT)


def _wait(functions: LoadedFunctions, *, is_by_value: bool) -> tuple[int, bool]:
    """Wait once, and return the code and whether a device came or went."""
    name, event = Buffer(bytearray(_NAME_BYTES + MARGIN)), Slot()
    size = _NAME_BYTES if is_by_value else Slot(_NAME_BYTES)
    code = functions["WaitForDevEvent"](name, size, event)
    return code, not code and event.number.value in (_CAME, _WENT) and any(name.content)


def _end_with_input() -> None:
    """Have this process end with its agent where the system does not see to that."""
    if sys.platform != "linux":
        import threading  # noqa: PLC0415 - see above

        threading.Thread(target=_read_input, daemon=True).start()


def _read_input() -> None:
    while os.read(0, 1):
        pass
    end_at_once()


if __name__ == "__main__":
    main()
