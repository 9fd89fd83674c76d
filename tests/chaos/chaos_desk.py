"""A desk for one case: a prepared token and authority, and an agent with trouble planned.

What makes desks is a file for each kind: ``chaos_soft``, ``chaos_usb``, ``chaos_skf``, ``chaos_cmp``.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from chaos_points import Case
from skf_bench import SkfBench

from agent.api.client import Client
from agent.system.runtime import CONTROL_SOCKET, runtime_folder
from agent.system.starting import AgentMissingError, connect
from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import ISSUER, SM2_ISSUER, Desk
from sandbox.home import Home
from sandbox.usb_token.drawer import EMPTY_SECONDS, Drawer
from sandbox.usb_token.process import plugged

START_SECONDS = 30.0
WRITING_SECONDS = 0.3
"""A file that has been empty for so long is not just being written."""
END_SECONDS = 10.0

POLICY = """\
approve_after_seconds = 0.1
sms_interval_seconds = 0
retry_after_seconds = 0
[policy]
key_types = ["ec:secp256r1", "rsa:2048"]
signing_key_types = ["sm2", "ec:secp256r1", "rsa:2048"]
encryption_certificate = true
"""


class Zygote:
    """The process agents are forked from; it sees the network and the mounts of whoever made it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("agent_under_test.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._answer() == "ready"

    def start(self, order: Mapping[str, str]) -> RunningAgent:
        """Start an agent; see :func:`agent_under_test.run_agent`."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(dict(order)).encode() + b"\n")
        self._process.stdin.flush()
        return RunningAgent(int(self._answer()))

    def close(self) -> None:
        """End it; agents of it that still run end with it."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().strip()


class RunningAgent:
    """An agent's process, of which we are not the parent."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._handle: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = None

    @property
    def has_ended(self) -> bool:
        return self.wait(0)

    def wait(self, seconds: float) -> bool:
        """Return whether it ended within ``seconds``."""
        return self._handle is None or bool(select.select([self._handle], [], [], seconds)[0])

    def end(self) -> None:
        """Ask it to end, and see that it does."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.has_ended:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._handle, number)
                self.wait(END_SECONDS)
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


@dataclass(frozen=True)
class Token:
    """Where a case's token is kept, and how the agent comes to it."""

    module: Path
    folder: Path
    """What is taken away when the token is pulled out: SoftHSM's tokens, or the drawer's home."""
    environment: Mapping[str, str]
    card: str = ""
    """Its name in the drawer, where it is a virtual card."""
    skf: SkfBench | None = None
    """What has it, where it speaks SKF."""


class Authority:
    """An authority of one desk that is used for one case after the other, each from the same start."""

    profile = "ra"
    """What the agent speaks to it."""
    options: tuple[str, ...] = ("--faults",)

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.desk = Desk(folder, environment={"ODC_LANGUAGE": "en"})
        self._policy = folder / "policy.toml"
        self._policy.write_text(POLICY, "utf-8")

    def start(self) -> None:
        """Start it, with what has been issued so far."""
        options = ("--policy", os.fspath(self._policy), *self.options)
        self.url = self.desk.start_authority(*options).url
        write_sample_dossier(self.desk.dossier)
        self._fresh = self.desk.folder / "fresh.sqlite3"
        _copy_database(self.database, self._fresh)

    @property
    def database(self) -> Path:
        return self.desk.home.database

    def forget(self) -> None:
        """Let it know no more than when it was started."""
        _copy_database(self._fresh, self.database)

    def close(self) -> None:
        self.desk.close()


class ChaosDesk:
    """One case's agent, token and application."""

    def __init__(
        self, folder: Path, zygote: Zygote, authority: Authority, token: Token, case: Case | None
    ) -> None:
        self.folder = folder
        self.authority = authority
        self.token = token
        self.agent: RunningAgent | None = None
        self.starts = 0
        self._zygote = zygote
        self.case = case
        self._run = folder / "run"
        self._run.mkdir(mode=0o700)
        self.home = folder / "odc"
        self.home.mkdir()
        self.containers = token.skf.on_disk().applications[0].containers if token.skf else []
        """What an SKF token came with."""
        self._labels = {
            file: file.read_bytes()
            for file in token.folder.glob("*/token.object")
            if not token.card
        }
        self._configure()

    @property
    def has_struck(self) -> bool:
        return (self.folder / "struck").exists()

    @property
    def is_pulled(self) -> bool:
        """Whether the token is not plugged in."""
        if self.token.skf is not None:
            return not self.token.skf.report().devices
        if self.token.card:
            return plugged(self.token.folder / "usb-tokens" / f"{self.token.card}.json") is None
        return self.token.folder.with_name("pulled").exists()

    def plug(self) -> None:
        """Plug the token in again."""
        if self.token.skf is not None:
            self.token.skf.plug()
            return
        if self.token.card:
            time.sleep(EMPTY_SECONDS)
            Drawer(Home(self.token.folder)).plug(self.token.card)
            return
        # Whatever was written meanwhile was written to no token.
        shutil.rmtree(self.token.folder)
        self.token.folder.with_name("pulled").rename(self.token.folder)

    def mend(self) -> None:
        """Give SoftHSM back its token where it was killed at a login, a loss no device knows.

        It notes the try in the file that has the label too, which it empties first.
        """
        for file, content in self._labels.items():
            with contextlib.suppress(FileNotFoundError):  # pulled
                found = file.stat()
                if not found.st_size and time.time() - found.st_mtime > WRITING_SECONDS:
                    file.write_bytes(content)

    @property
    def passings(self) -> Path:
        """What the agent has passed, a line each."""
        return self.folder / "passings"

    @property
    def calls(self) -> Path:
        """The names of the PKCS#11 functions that were called, a line each."""
        return self.folder / "calls"

    def logins(self) -> int:
        """Return how often a PIN was tried, as the token or its module counts it."""
        if self.token.skf is not None:
            return self.token.skf.report().calls["SKF_VerifyPIN"]
        return self.calls.read_text().split().count("C_Login")

    def start_agent(self) -> None:
        """Start the agent, and return once its socket answers or it has been killed."""
        self.starts += 1
        self.agent = self._zygote.start(self._order())
        deadline = time.monotonic() + START_SECONDS
        while not self.agent.has_ended:
            with contextlib.suppress(AgentMissingError):
                self._connect().close()
                return
            assert time.monotonic() < deadline, "the agent is not ready"
            time.sleep(0.01)

    def client(self) -> Client:
        """Connect to the agent; AgentMissingError, ConnectionLostError."""
        return Client(self._connect(), "chaos")

    def workers(self) -> int:
        """Return how many token workers the agent has."""
        if self.agent is None or self.agent.has_ended:
            return 0
        children = Path(f"/proc/{self.agent.pid}/task/{self.agent.pid}/children")
        return len(children.read_text().split()) if children.exists() else 0

    def close(self) -> None:
        if self.agent is not None:
            self.agent.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _connect(self):
        folder = runtime_folder({"XDG_RUNTIME_DIR": str(self._run), "ODC_HOME": str(self.home)})
        return connect(CONTROL_SOCKET, start=False, folder=folder)

    def _order(self) -> dict[str, str]:
        environment = {
            "XDG_RUNTIME_DIR": str(self._run),
            "ODC_HOME": str(self.home),
            "ODC_LANGUAGE": "en",
        }
        return {
            "folder": str(self.folder),
            "case": self.case.encode() if self.case else "",
            "authority": str(self.authority.database),
            "token": str(self.token.folder),
            "card": self.token.card,
            "skf": self.token.skf.server.address if self.token.skf else "",
            "environment": json.dumps(environment),
            "output": str(self.folder / "output"),
        }

    def _configure(self) -> None:
        module = {"FAULTY_LOG": str(self.calls), **self.token.environment}
        environment = ", ".join(f"{name} = {json.dumps(v)}" for name, v in module.items())
        (self.home / "config.toml").write_text(
            "poll_seconds = 0.3\n"
            "[[module]]\n"
            f"path = {json.dumps(str(self.token.module))}\n"
            f"environment = {{{environment}}}\n"
            "[[authority]]\n"
            'name = "Sandbox"\n'
            f"issuers = {json.dumps([ISSUER, SM2_ISSUER])}\n"
            f"url = {json.dumps(self.authority.url)}\n"
            f"profile = {json.dumps(self.authority.profile)}\n"
            f"trust_anchor = {json.dumps(str(self.authority.desk.home.trust_anchor))}\n"
            "[reminders]\n"
            "notifications = false\n",
            encoding="utf-8",
        )


def _copy_database(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(source)) as original,
        contextlib.closing(sqlite3.connect(target, timeout=END_SECONDS)) as copy,
    ):
        original.backup(copy)
