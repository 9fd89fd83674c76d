"""The process that is a plugged-in token: one card, one connection, one lock.

It ends by SIGTERM or with the reader; either is pulling the token out.
"""

from __future__ import annotations

import functools
import os
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType

import msgspec

from sandbox.home import SandboxError
from sandbox.locking import try_lock
from sandbox.usb_token.card import Card
from sandbox.usb_token.state import load_state, save_state
from sandbox.usb_token.vpcd import NoReaderError, connect, serve

EXIT_DAMAGED = 1
EXIT_NO_READER = 3
EXIT_PLUGGED_IN = 4
_LOCK_SECONDS = 1.0


class Plugged(msgspec.Struct, frozen=True, kw_only=True):
    """Written into the lock file once the reader has given power."""

    pid: int
    port: int


def lock_file(state: Path) -> Path:
    """Return the file that is locked while the card kept in ``state`` is plugged in."""
    return state.with_suffix(".lock")


def plugged(state: Path) -> Plugged | None:
    """Return where a card is plugged in; None where it is not, or has no power yet."""
    try:
        descriptor = os.open(lock_file(state), os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if try_lock(descriptor):
            return None  # what it says is of a process that ended
        text = os.read(descriptor, 1000)
        return msgspec.json.decode(text, type=Plugged) if text else None
    finally:
        os.close(descriptor)


def run(state: Path, port: int) -> int:
    """Be the card kept in ``state`` until it is pulled out; return the exit code."""
    descriptor = os.open(lock_file(state), os.O_RDWR | os.O_CREAT, 0o600)
    if not _lock(descriptor):
        return EXIT_PLUGGED_IN
    os.ftruncate(descriptor, 0)
    try:
        card = Card(load_state(state), functools.partial(save_state, state))
        connection = connect(port)
    except SandboxError as error:
        print(error, file=sys.stderr)
        return EXIT_DAMAGED
    except NoReaderError:
        return EXIT_NO_READER
    _end_on_signal(connection)
    serve(connection, card, functools.partial(_note, descriptor, port))
    os.ftruncate(descriptor, 0)
    return 0


def _lock(descriptor: int) -> bool:
    """Lock the file, over the moments in which :func:`plugged` has it."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while not (locked := try_lock(descriptor)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return locked


def _note(descriptor: int, port: int) -> None:
    text = msgspec.json.encode(Plugged(pid=os.getpid(), port=port))
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, text)


def _end_on_signal(connection: socket.socket) -> None:
    """Pull out at SIGTERM: a command under way is finished and saved, its answer is lost."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        connection.shutdown(socket.SHUT_RDWR)

    signal.signal(signal.SIGTERM, end)
