"""The drawer the SKF tokens of a home lie in: making, plugging in, pulling out, listing them."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import zlib
from pathlib import Path

import msgspec

from agent.system.runtime import ensure_runtime_folder
from sandbox.home import Home, SandboxError, create_file
from sandbox.skf_token.control import (
    DeviceReport,
    EndedError,
    Format,
    Misbehave,
    Plug,
    Pull,
    Report,
    Request,
    Tell,
    ask,
)
from sandbox.skf_token.sockets import connected
from sandbox.skf_token.state import DEFAULT_LABEL, blank_token, encode_state, load_state
from sandbox.skf_token.wording import text

DEFAULT_NAME = "skfkey"
DEFAULT_APPLICATION = "ODC"
_NAME = re.compile(r"\w[\w.-]{0,31}", re.ASCII)
LABEL_BYTES = 32
"""Of DEVINFO's (6.4.2)."""
START_SECONDS = 10.0
_STARTS = 3
"""A process that ends just now has to be followed by another."""


class TokenInDrawer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a token without a PIN."""

    name: str
    serial: str
    label: str
    applications: tuple[str, ...]
    """Each has a PIN of its own; none on one that is blank."""
    is_plugged: bool


class Drawer:
    """The SKF tokens of one home, each with a name."""

    def __init__(self, home: Home) -> None:
        self.folder = home.folder / "skf-tokens"

    @property
    def address(self) -> str:
        """Where the process listens, for ODC_SKF_SOCKET: a path short enough for a socket."""
        number = zlib.crc32(os.fsencode(self.folder))
        return os.fspath(ensure_runtime_folder() / f"skf-{number:08x}.sock")

    def tokens(self) -> list[TokenInDrawer]:
        """Return all tokens, by name."""
        plugged = {device.name for device in self._devices()}
        found = []
        for file in sorted(self.folder.glob("*.json")):
            state = load_state(file)
            found.append(
                TokenInDrawer(
                    name=file.stem,
                    serial=state.serial,
                    label=state.label,
                    applications=tuple(application.name for application in state.applications),
                    is_plugged=file.stem in plugged,
                )
            )
        return found

    def make(self, name: str, label: str = DEFAULT_LABEL) -> None:
        """Put a blank token into the drawer, unless there is one of that name; SandboxError."""
        file = self._file(name)
        if len(label.encode()) > LABEL_BYTES:
            raise SandboxError(text("long_label", bytes=LABEL_BYTES))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_file(file, encode_state(blank_token(label)))

    def plug(self, name: str) -> None:
        """Plug a token in; one that is stays as it is.

        Raises:
            SandboxError: there is none of that name, or its file is damaged.
        """
        if not self._file(name).exists():
            raise SandboxError(text("no_token", name=name))
        self.ask(Plug(name))

    def format(self, name: str, application: str, pin: str, *, is_factory_pin: bool) -> None:
        """Make an application on a token that is plugged in, unless it has one of that name; SandboxError."""
        self.ask(Format(name, application, pin.encode(), is_factory_pin))

    def pull(self, name: str) -> None:
        """Pull a token out; SandboxError where it is not plugged in."""
        if name not in {device.name for device in self._devices()}:
            raise SandboxError(text("not_plugged", name=name))
        self.ask(Pull(name))

    def misbehave(self, faults: str) -> None:
        """Let all tokens do wrong what ``faults`` says from now on (:mod:`sandbox.skf_token.faults`)."""
        self.ask(Misbehave(faults))

    def report(self) -> Report | None:
        """Return how the process is; None where there is none."""
        with self._connection() as connection, contextlib.suppress(EndedError):
            return ask(connection, Tell()) if connection else None
        return None

    def ask(self, request: Request) -> Report:
        """Have the process do something, one that is started where there is none; SandboxError."""
        for _ in range(_STARTS):
            with self._connection() as connection, contextlib.suppress(EndedError):
                if connection is not None:
                    return ask(connection, request)
            self._start()
        raise SandboxError(text("no_process", log=self._log))

    def _devices(self) -> tuple[DeviceReport, ...]:
        report = self.report()
        return () if report is None else report.devices

    @property
    def _log(self) -> Path:
        return self.folder / "process.log"

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise SandboxError(text("bad_name", name=name))
        return self.folder / f"{name}.json"

    def _start(self) -> None:
        """Start the process, and return once it listens; it stays when this command ends."""
        with os.fdopen(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)) as log:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "sandbox.skf_token", self.folder, self.address],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and child.poll() is None:
            with self._connection() as connection:
                if connection is not None:
                    return
            time.sleep(0.02)

    def _connection(self) -> contextlib.AbstractContextManager[socket.socket | None]:
        """Return a connection to the process; None where there is none."""
        try:
            return connected(self.address)
        except OSError:
            return contextlib.nullcontext()
