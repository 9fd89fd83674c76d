"""The functions of a library that another process has loaded (:mod:`agent.tokens.worker.skf.bridge`)."""

from __future__ import annotations

import functools
import io
import subprocess
import sys
from collections.abc import Callable
from typing import NoReturn

from agent.system.consoles import NO_CONSOLE
from agent.system.ending import CRASHED, end_at_once
from agent.system.runtime import module_command
from agent.tokens.worker.skf.bridge import FAILED, LOADED, NOT_SKF, received, send
from agent.tokens.worker.skf.bridge_messages import BridgeError, encoded, take_answer, wipe
from agent.tokens.worker.skf.loaded import Argument, ByValue


class BridgedFunctions:
    """As :class:`~agent.tokens.worker.skf.loaded.LoadedFunctions`, each call by two pipes."""

    def __init__(self, path: str, interpreter: str) -> None:
        """Load the library in a process of its own.

        Args:
            path: the library.
            interpreter: a Python of the library's width.

        Raises:
            OSError: the process cannot be started, or the library not be loaded.
        """
        self._process = subprocess.Popen(
            module_command("agent.tokens.worker.skf.bridge", path, interpreter=interpreter),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            creationflags=NO_CONSOLE,
        )
        assert isinstance(self._process.stdin, io.FileIO)
        assert isinstance(self._process.stdout, io.FileIO)
        self._sink, self._source = self._process.stdin, self._process.stdout
        told = received(self._source) or bytearray()
        self.are_skf = told == LOADED
        """Whether they are SKF's at all."""
        if told not in (LOADED, NOT_SKF):
            self.close()
            reason = told.removeprefix(FAILED).decode("utf-8", "replace")
            raise OSError(reason or f"{interpreter}: {self._process.returncode}")

    def close(self) -> None:
        """End the other process; its library is given no time for anything."""
        self._process.kill()
        for pipe in (self._sink, self._source):
            pipe.close()
        self._process.wait()

    def __getitem__(self, name: str) -> Callable[..., int]:
        """Return SKF_``name``; where it ends the other process, it ends this one too."""
        return functools.partial(self._call, name)

    def _call(self, name: str, *arguments: Argument | ByValue) -> int:
        try:
            send(self._sink, encoded(name, arguments))
        except OSError:
            _end()
        answer = received(self._source)
        if answer is None:
            _end()
        try:
            return take_answer(answer, arguments)
        except BridgeError:
            _end()
        finally:
            wipe(answer)


def _end() -> NoReturn:
    """End as if the library had ended this process: who asked it knows what to do then."""
    sys.stderr.flush()
    end_at_once(CRASHED)
