"""Asking a worker about one file: a process for each question, however it ends."""

from __future__ import annotations

import contextlib
import subprocess
import threading

from agent.system.confinement import NOT_CONFINED, NotConfinedError
from agent.system.consoles import NO_CONSOLE
from agent.system.runtime import module_command


def ask(module: str, question: bytes, *content: bytes, longest: int, seconds: float) -> bytes:
    """Return what a worker answers; it blocks meanwhile.

    A worker that crashes, hangs, or answers too much has its answer cut off where that was.

    Raises:
        NotConfinedError: this system lets no process be confined.

    Args:
        module: what is started.
        question: one line.
        content: what it is about, written after it.
        longest: bytes of an answer.
        seconds: how long it may take by the clock; its processor time is limited in the worker.
    """
    with subprocess.Popen(
        module_command(module),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A decoder's complaints may quote the file.
        stderr=subprocess.DEVNULL,
        creationflags=NO_CONSOLE,
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        limit = threading.Timer(seconds, worker.kill)
        limit.start()
        try:
            # A worker that has ended already is told by its missing answer.
            with contextlib.suppress(OSError):
                worker.stdin.write(question + b"\n")
                for part in content:
                    worker.stdin.write(part)
            with contextlib.suppress(OSError):
                worker.stdin.close()
            answer = worker.stdout.read(longest)
        finally:
            limit.cancel()
            worker.kill()
    if answer == NOT_CONFINED:
        raise NotConfinedError
    return answer
