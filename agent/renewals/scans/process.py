"""Asking the scan worker: one process for one file, however it ends."""

from __future__ import annotations

import contextlib
import subprocess
import threading

import msgspec

from agent.renewals.scans.model import MAX_CONTENT, Fault, Reply, Request, Unusable
from agent.system.consoles import NO_CONSOLE
from agent.system.runtime import module_command

SECONDS = 60.0
"""How long a file may take by the clock; its processor time is limited in the worker."""
_LONGEST_ANSWER = MAX_CONTENT


def ask_worker(request: Request, content: bytes) -> tuple[Reply, bytes]:
    """Return what the worker says of ``content``, and the picture it made; it blocks meanwhile.

    A worker that crashes, hangs, or answers out of form is a file that cannot be opened safely.
    """
    if len(content) > MAX_CONTENT:
        return Unusable(fault=Fault.TOO_DEMANDING), b""
    answer = _exchange(msgspec.json.encode(request) + b"\n", content)
    header, _, picture = answer.partition(b"\n")
    try:
        return msgspec.json.decode(header, type=Reply), picture
    except msgspec.MsgspecError:
        return Unusable(fault=Fault.TOO_DEMANDING), b""


def _exchange(header: bytes, content: bytes) -> bytes:
    with subprocess.Popen(
        module_command("agent.renewals.scans.worker"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A decoder's complaints may quote the file.
        stderr=subprocess.DEVNULL,
        creationflags=NO_CONSOLE,
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        limit = threading.Timer(SECONDS, worker.kill)
        limit.start()
        try:
            # A worker that has ended already is told by its missing answer.
            with contextlib.suppress(OSError):
                worker.stdin.write(header)
                worker.stdin.write(content)
            with contextlib.suppress(OSError):
                worker.stdin.close()
            return worker.stdout.read(_LONGEST_ANSWER)
        finally:
            limit.cancel()
            worker.kill()
