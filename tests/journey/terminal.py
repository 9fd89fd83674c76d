"""A command in a terminal of its own, and somebody who reads and types there."""

from __future__ import annotations

import os
import pty
import select
import time
from collections.abc import Mapping, Sequence
from typing import Self

READ_SECONDS = 30.0


class Terminal:
    """Runs a command with a pseudo terminal as its controlling one."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.shown = ""
        self._read_to = 0
        self._has_ended = False
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(environment))

    def wait_for(self, words: str) -> None:
        """Read until the words are shown after those that were waited for last."""
        deadline = time.monotonic() + READ_SECONDS
        while (found := self.shown.find(words, self._read_to)) < 0:
            assert time.monotonic() < deadline, self.shown
            assert self._read(), self.shown
        self._read_to = found + len(words)

    def type(self, line: str) -> None:
        os.write(self._descriptor, f"{line}\n".encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.write(self._descriptor, b"\x03")

    def end(self) -> int:
        """Read to the command's end and return its exit code."""
        while self._read():
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._has_ended = True  # its number may be another process's by now
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if not self._has_ended:
            os.kill(self.pid, 9)
            os.waitpid(self.pid, 0)
        os.close(self._descriptor)

    def _read(self) -> bool:
        if not select.select([self._descriptor], [], [], READ_SECONDS)[0]:
            return False
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:  # Linux's way to tell that nobody has the terminal open any more
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)
