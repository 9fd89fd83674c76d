"""The drawer the virtual tokens of a home lie in: making, plugging in, pulling out, listing them."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from sandbox.home import Home, SandboxError, create_file, write_file
from sandbox.usb_token import process
from sandbox.usb_token.process import EXIT_NO_READER
from sandbox.usb_token.state import CardState, blank_card, encode_state, load_state
from sandbox.usb_token.vpcd import PORTS
from sandbox.usb_token.wording import text

T = TypeVar("T")

DEFAULT_NAME = "usbkey"
_NAME = re.compile(r"\w[\w.-]{0,63}")
PLUG_SECONDS = 6.0
"""pcscd looks at its virtual slots every 0.4 s, and more slowly on a busy machine."""
PLUG_TRIES = 3
"""Where pcscd did not see the slot empty it takes the new card for the old one, and gives no power."""
PULL_SECONDS = 5.0
EMPTY_SECONDS = 1.0
"""How long a slot stays empty so that pcscd, which looks every 0.4 s, has seen that it is."""


class TokenInDrawer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a token without asking it."""

    name: str
    serial: str
    is_formatted: bool
    """It has a PIN."""
    port: int | None
    """The port of the reader it is plugged into; None while it is not."""
    puk_file: str | None
    """Where its PUK is kept, as in the letter that comes with a real one."""


class Drawer:
    """The tokens of one home, each with a name."""

    def __init__(self, home: Home) -> None:
        self._folder = home.folder / "usb-tokens"

    def tokens(self) -> list[TokenInDrawer]:
        """Return all tokens, by name."""
        return [self.token(file.stem) for file in sorted(self._folder.glob("*.json"))]

    def token(self, name: str) -> TokenInDrawer:
        """Return what is known of one token.

        Raises:
            SandboxError: there is none of that name.
        """
        state = self._state(name)
        running = process.plugged(self._file(name))
        puk = self._puk_file(name)
        return TokenInDrawer(
            name=name,
            serial=state.serial,
            is_formatted=state.pin is not None,
            port=running.port if running else None,
            puk_file=os.fspath(puk) if puk.exists() else None,
        )

    def make(self, name: str) -> None:
        """Put a blank token into the drawer, unless there is one of that name."""
        file = self._file(name)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_file(file, encode_state(blank_card()))

    def keep_puk(self, name: str, puk: str) -> None:
        """Keep the PUK of a token beside it, 0600."""
        write_file(self._puk_file(name), puk.encode())

    def plug(self, name: str, port: int | None = None) -> int:
        """Plug a token in and return the reader's port: that one, or a free one.

        A token that is plugged in already stays where it is.

        Raises:
            SandboxError: there is no reader, or it holds another card.
        """
        file = self._file(name)
        running = process.plugged(file)
        if running is not None:
            return running.port
        port = self._free_port(port)
        for _ in range(PLUG_TRIES):
            if _has_power(file, port):
                return port
            time.sleep(EMPTY_SECONDS)
        raise SandboxError(text("slot_taken", port=port))

    def pull(self, name: str) -> None:
        """Pull a token out; it has left the reader when this returns.

        Raises:
            SandboxError: it is not plugged in.
        """
        file = self._file(name)
        running = process.plugged(file)
        if running is None:
            raise SandboxError(text("not_plugged", name=name))
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, signal.SIGTERM)
        if _until(lambda: process.plugged(file) is None or None, PULL_SECONDS) is None:
            raise SandboxError(text("stays", name=name, pid=running.pid))

    def replug(self, name: str) -> None:
        """Pull a token out and plug it in again: programs look at what is new on it only then."""
        port = self.token(name).port
        self.pull(name)
        time.sleep(EMPTY_SECONDS)
        self.plug(name, port)

    def _free_port(self, wanted: int | None) -> int:
        """Return the wanted port, or one of the reader's, that none of these tokens is plugged into."""
        taken = {token.port for token in self.tokens()}
        if wanted is not None and wanted in taken:
            raise SandboxError(text("slot_taken", port=wanted))
        free = [port for port in (PORTS if wanted is None else (wanted,)) if port not in taken]
        if not free:
            raise SandboxError(text("both_taken"))
        return free[0]

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SandboxError(text("bad_name", name=name))
        return self._folder / f"{name}.json"

    def _puk_file(self, name: str) -> Path:
        return self._file(name).with_suffix(".puk")

    def _state(self, name: str) -> CardState:
        file = self._file(name)
        if not file.exists():
            raise SandboxError(text("no_token", name=name))
        return load_state(file)


def _log(file: Path) -> Path:
    return file.with_suffix(".log")


def _start(file: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the process of a token; it stays plugged in when this command ends."""
    with os.fdopen(os.open(_log(file), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)) as log:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "sandbox.usb_token", os.fspath(file), "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _has_power(file: Path, port: int) -> bool:
    """Plug a token in and return whether it got power; one that got none is out again.

    Raises:
        SandboxError: its process ended.
    """
    child = _start(file, port)
    if _until(lambda: process.plugged(file) or child.poll(), PLUG_SECONDS) is None:
        child.kill()
        child.wait()
        return False
    if child.poll() is not None:
        kind = "no_reader" if child.returncode == EXIT_NO_READER else "ended"
        raise SandboxError(text(kind, port=port, log=_log(file)))
    return True


def _until(ready: Callable[[], T | None], seconds: float) -> T | None:
    """Return what ``ready`` returns as soon as it is something, or None after ``seconds``."""
    deadline = time.monotonic() + seconds
    while (found := ready()) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
