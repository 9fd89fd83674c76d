"""The process that clears a login where who logged in has not: ``clearer LIBRARY WIDTH DEVICE APPLICATION``.

It waits for the end of its input. Only a byte before it says that the login was cleared. It ends by
itself, also where the library does not answer.
"""

from __future__ import annotations

import os
import sys
import threading

from agent.system.dumps import crash_quietly
from agent.system.ending import end_at_once
from agent.tokens.worker.skf.codes import SkfError
from agent.tokens.worker.skf.device import connected
from agent.tokens.worker.skf.library import Library

MAX_SECONDS = 30.0


def main() -> None:
    """Wait, and clear the login where nobody did."""
    crash_quietly()
    path, ulong_bytes, device, application = sys.argv[1:]
    if os.read(sys.stdin.fileno(), 1):
        return
    _end_in_time()
    try:
        _clear(path, int(ulong_bytes), bytes.fromhex(device), bytes.fromhex(application))
    except (SkfError, OSError) as error:
        sys.stderr.write(f"a login could not be cleared: {error}\n")
        sys.stderr.flush()
        end_at_once(1)
    end_at_once()  # not every library survives being unloaded


def _clear(path: str, ulong_bytes: int, device: bytes, application: bytes) -> None:
    library = Library.loaded(path, ulong_bytes)
    with connected(library, device) as connection, connection.opened(application) as opened:
        opened.clear_login()


def _end_in_time() -> None:
    """Have the process end however long the library takes; a call of it cannot be ended."""
    timer = threading.Timer(MAX_SECONDS, end_at_once, (1,))
    timer.daemon = True
    timer.start()


if __name__ == "__main__":
    main()
