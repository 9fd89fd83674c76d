"""Ending a login with what it was for: SKF_ClearSecureState, whatever becomes of this process.

Disconnecting does not log out (GM/T 0016, 7.1.6), nor need the end of a process: any program could go on
to sign. So before a PIN is tried, a small process is started that outlives this one and the agent, and
clears the login where this one did not say that it has.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agent.system.consoles import NO_CONSOLE
from agent.system.runtime import module_command
from agent.tokens.worker.skf.codes import SkfError
from agent.tokens.worker.skf.device import Application
from agent.tokens.worker.skf.finding import Place

if TYPE_CHECKING:
    from agent.tokens.worker.skf.module import SkfModule

END_SECONDS = 2.0
"""Less than the agent waits for a worker that logs out."""
_CLEARED = b"."


@contextlib.contextmanager
def cleared_after(module: SkfModule, place: Place, application: Application) -> Iterator[None]:
    """End the login of ``application`` when the block is left, and have somebody who else would.

    Args:
        module: whose token it is.
        place: where another process finds the application.
        application: as it is open here.
    """
    outliving = _started(module, place)
    try:
        yield
    finally:
        try:
            application.clear_login()
        except SkfError as error:
            sys.stderr.write(f"{error}\n")  # the other process tries once more
        else:
            _say_cleared(outliving)
        _let_end(outliving)


def _started(module: SkfModule, place: Place) -> subprocess.Popen[bytes]:
    command = module_command(
        "agent.tokens.worker.skf.clearer",
        module.path,
        str(module.library.layout.ulong_bytes),
        place.device.hex(),
        place.application.hex(),
        interpreter=module.interpreter,
    )
    with _polite_ends_ignored():
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            creationflags=NO_CONSOLE,
        )


@contextlib.contextmanager
def _polite_ends_ignored() -> Iterator[None]:
    """Have what is started inside the block ignore what ends the agent and all its processes politely.

    It has to outlive them by a moment, and would learn to too late by itself.
    """
    polite = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(each, signal.SIG_IGN) for each in polite]
    try:
        yield
    finally:
        for each, handler in zip(polite, before, strict=True):
            signal.signal(each, handler)


def _let_end(outliving: subprocess.Popen[bytes]) -> None:
    """Leave it to itself, and wait a moment for its end: it has nothing to do, or one call to make."""
    assert outliving.stdin is not None
    outliving.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        outliving.wait(END_SECONDS)


def _say_cleared(outliving: subprocess.Popen[bytes]) -> None:
    assert outliving.stdin is not None
    with contextlib.suppress(OSError):  # it has ended, for whatever reason
        os.write(outliving.stdin.fileno(), _CLEARED)
