"""The process that loads a library for a worker that cannot: ``bridge LIBRARY``.

Most vendors' libraries for Windows are of 32 bits. A Python of 32 bits runs this, of which there is the
standard library alone. It passes calls, buffers and codes on; what they mean only the worker knows.
"""

from __future__ import annotations

import io
import os
import queue
import sys
import threading

from agent.system.dumps import forbid_dumps
from agent.system.ending import end_at_once
from agent.system.hardening import end_with_agent, limit_memory
from agent.tokens.worker.skf.bridge_messages import MOST_BYTES, SIZE_BYTES, Call, framed, wipe
from agent.tokens.worker.skf.loaded import LoadedFunctions

LOADED, NOT_SKF, FAILED = b"l", b"n", b"f"
"""The first answer begins with one of them; after the last comes the system's reason."""


def main() -> None:
    """Load the library, and make calls until the worker is gone."""
    end_with_agent()
    forbid_dumps()
    limit_memory()
    source, sink = _own_streams()
    calls: queue.SimpleQueue[bytearray] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(source, calls), daemon=True).start()
    try:
        functions = LoadedFunctions(sys.argv[1])
    except OSError as error:
        _write(sink, framed(FAILED + str(error).encode()))
        end_at_once()
    _write(sink, framed(LOADED if functions.are_skf else NOT_SKF))
    while True:
        _write(sink, _answered(functions, calls.get()))


def _answered(functions: LoadedFunctions, body: bytearray) -> bytearray:
    call = Call(body)
    try:
        return call.answer(functions[call.name](*call.arguments))
    finally:
        call.wipe()
        wipe(body)


def _own_streams() -> tuple[io.FileIO, io.FileIO]:
    """Return where calls come from and answers go; what a library prints goes to the log."""
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - exists on Windows only

        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    source, sink = io.FileIO(os.dup(0)), io.FileIO(os.dup(1), "w")
    quiet = os.open(os.devnull, os.O_RDONLY)
    os.dup2(quiet, 0)
    os.close(quiet)
    os.dup2(2, 1)
    return source, sink


def _read(source: io.FileIO, calls: queue.SimpleQueue[bytearray]) -> None:
    """Hand on what comes; end the process with its worker, also in the middle of a call that hangs."""
    while (body := received(source)) is not None:
        calls.put(body)
    end_at_once()


def received(source: io.FileIO) -> bytearray | None:
    """Return the body of the next message; None where the other side is gone."""
    head = _exactly(source, SIZE_BYTES)
    size = MOST_BYTES + 1 if head is None else int.from_bytes(head, "little")
    return None if size > MOST_BYTES else _exactly(source, size)


def _exactly(source: io.FileIO, size: int) -> bytearray | None:
    content = bytearray(size)
    view = memoryview(content)
    while view:
        try:
            count = source.readinto(view)
        except OSError:
            return None
        if not count:
            return None
        view = view[count:]
    return content


def _write(sink: io.FileIO, message: bytearray) -> None:
    """Send a message, and overwrite it; the worker may be gone."""
    try:
        send(sink, message)
    except OSError:
        end_at_once()


def send(sink: io.FileIO, message: bytearray) -> None:
    """Send a message, and overwrite it; OSError."""
    try:
        view = memoryview(message)
        while view:
            view = view[sink.write(view) or 0 :]
    finally:
        view.release()
        wipe(message)


if __name__ == "__main__":
    main()
