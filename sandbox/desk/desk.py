"""A whole desk in one folder: authority, software token, agent. For the demo and for tests.

Every part is the real program in a process of its own; closing the desk ends them all.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from agent.api.client import Client
from agent.ground import held_files
from agent.ground.language import desktop_language
from agent.ground.streams import heard
from agent.system.runtime import CONTROL_SOCKET, runtime_folder
from agent.system.starting import AgentMissingError, connect
from sandbox.home import Home, RunningSandbox, SandboxError
from sandbox.skf_token import control
from sandbox.skf_token.sockets import connected

T = TypeVar("T")

START_SECONDS = 120.0 if sys.platform == "win32" else 30.0
"""How long a part may take to start; longer where Wine shows Windows on a busy machine."""
END_SECONDS = 10.0
# The system ends what we started when we are killed. By a program (util-linux), since a function that
# Python runs between fork and exec has hooks run in this process that swallow a Ctrl-C.
_ENDING_WITH_US = ("setpriv", "--pdeathsig", "TERM") if sys.platform == "linux" else ()
SOFTHSM = (
    r"C:\SoftHSM2\lib\softhsm2-x64.dll"  # where its makers' package for Windows puts it
    if sys.platform == "win32"
    else "/usr/lib/softhsm/libsofthsm2.so"
)
ISSUER = "CN=ODC Sandbox Organization CA,OU=Sandbox,O=ODC Sandbox Authority,C=CN"
SM2_ISSUER = "CN=ODC Sandbox Organization SM2 CA,OU=Sandbox,O=ODC Sandbox Authority,C=CN"
SKF_NAME = "skfkey"
"""Of the desk's SKF token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The invented organisation a token is issued to."""

    organisation: str = "深圳市样例有限公司"
    uscc: str = "91440300MA5DA0000F"
    pin: str = "135792"


class Desk:
    """Starts and ends the parts; each can be used alone."""

    def __init__(
        self,
        folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        agent: Path | None = None,
    ) -> None:
        """Keep everything in ``folder``; ``agent`` is an installed program instead of this checkout's."""
        self.folder = folder
        self._agent = agent
        self.environment = {**os.environ, **(environment or {}), "ODC_HOME": os.fspath(folder)}
        self.processes: list[subprocess.Popen[bytes]] = []
        """What runs, the oldest first."""
        self._skf_socket: str | None = None

    @property
    def home(self) -> Home:
        """The authority's folder."""
        return Home(self.folder / "sandbox")

    @property
    def dossier(self) -> Path:
        """The invented applicant and the scans."""
        return self.folder / "dossier"

    @property
    def token_configuration(self) -> Path:
        """SoftHSM's configuration of the desk's token."""
        return self.folder / "token" / "softhsm2.conf"

    def start_authority(self, *options: str) -> RunningSandbox:
        """Start the authority on free ports, unless ``options`` name some, and return where it is."""
        ports = () if "--port" in options else ("--port", "0", "--portal-port", "0")
        file = self.folder / "sandbox" / "sandbox.json"
        process = self.start("sandbox", "run", *ports, *options)

        def running() -> RunningSandbox | None:
            with contextlib.suppress(OSError, msgspec.DecodeError):
                found = msgspec.json.decode(held_files.read_bytes(file), type=RunningSandbox)
                return found if found.pid == process.pid else None
            return None

        return self.await_(running, process, "the authority")

    def issue_token(self, *options: str, holder: Holder | None = None) -> dict[str, Any]:
        """Make the software token with its pair of certificates and return what was issued."""
        folder = os.fspath(self.token_configuration.parent)
        return self._issued("--token-folder", folder, *options, holder=holder or Holder())

    def issue_skf_token(self, *options: str, holder: Holder | None = None) -> dict[str, Any]:
        """Make the SKF token with its pair, plug it in, and return what was issued."""
        issued = self._issued("--skf-token", SKF_NAME, *options, holder=holder or Holder())
        self._skf_socket = issued["skf_socket"]
        return issued

    def _issued(self, *options: str, holder: Holder) -> dict[str, Any]:
        text = self.run(
            "sandbox", "issue-token", "--json", "--pin-stdin",
            "--organisation", holder.organisation, "--uscc", holder.uscc, *options,
            stdin=f"{holder.pin}\n".encode(),
        )  # fmt: skip
        issued: dict[str, Any] = json.loads(text)
        return issued

    def plug_skf(self) -> None:
        """Plug the SKF token in."""
        self.run("sandbox", "skf-token", "plug", SKF_NAME)

    def pull_skf(self) -> None:
        """Pull the SKF token out."""
        self.ask_skf(control.Pull(SKF_NAME))

    def ask_skf(self, request: control.Request) -> control.Report:
        """Ask the process of the SKF token that was issued; OSError, EndedError where it has ended."""
        assert self._skf_socket is not None
        with connected(self._skf_socket) as connection:
            return control.ask(connection, request)

    def configure_agent(
        self, authority_url: str, *, extra: str = "", skf: Mapping[str, Any] | None = None
    ) -> None:
        """Write the agent's configuration: this token, this authority, the demo portal allowed.

        Args:
            authority_url: where the authority answers.
            extra: more of the configuration.
            skf: the SKF token that was issued, where there is one.
        """
        (self.folder / "config.toml").write_text(
            f"poll_seconds = 0.5\n"
            f"[[module]]\n"
            f"path = {json.dumps(SOFTHSM)}\n"
            f"environment = {{SOFTHSM2_CONF = {json.dumps(os.fspath(self.token_configuration))}}}\n"
            f"{_skf_module(skf) if skf else ''}"
            f"[[authority]]\n"
            f'name = "沙盒证书服务中心"\n'
            f"issuers = {json.dumps([ISSUER, SM2_ISSUER])}\n"
            f"url = {json.dumps(authority_url)}\n"
            f'trust_anchor = "sandbox/ca.pem"\n'
            f"[browser]\n"
            f'allow = ["http://localhost:*"]\n'
            f"{extra}",
            encoding="utf-8",
        )

    def start_agent(self, *options: str) -> subprocess.Popen[bytes]:
        """Start the agent and return once its socket answers."""
        process = self.start("agent.cli", "run", *options)

        def reached() -> bool | None:
            with contextlib.suppress(AgentMissingError):
                self.client().close()
                return True
            return None

        self.await_(reached, process, "the agent")
        return process

    def client(self) -> Client:
        """Connect to the desk's agent, in the desk's language."""
        folder = runtime_folder(self.environment)
        connection = connect(CONTROL_SOCKET, start=False, folder=folder)
        return Client(connection, "odc-sandbox", desktop_language(self.environment))

    def run(self, module: str, *arguments: str, stdin: bytes = b"") -> str:
        """Run one command of ours to its end and return what it printed.

        Raises:
            SandboxError: it failed; its own words are the reason.
        """
        done = subprocess.run(
            self._command(module, arguments),
            input=stdin,
            capture_output=True,
            env=self.environment,
            check=False,
        )
        if done.returncode:
            raise SandboxError(heard(done.stderr).strip())
        return heard(done.stdout)

    def start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one of our programs; it is ended with the desk. What it says goes into a log."""
        logs = self.folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        with (logs / f"{module.partition('.')[0]}-{Path(arguments[0]).name}.log").open("ab") as log:
            process = subprocess.Popen(
                [*_ENDING_WITH_US, *self._command(module, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,  # Ctrl-C is for whoever runs the desk, who then ends it
            )
        self.processes.append(process)
        return process

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End one program: asked first, then made to."""
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End everything that was started, the newest first."""
        while self.processes:
            self.end(self.processes.pop())
        if self._skf_socket is not None:
            with contextlib.suppress(OSError, control.EndedError):  # it ended by itself
                os.kill(self.ask_skf(control.Tell()).pid, signal.SIGTERM)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _command(self, module: str, arguments: Sequence[str]) -> list[str]:
        if self._agent is not None and module == "agent.cli":
            return [os.fspath(self._agent), *arguments]
        return [sys.executable, "-P", "-m", module, *arguments]

    @staticmethod
    def await_(ready: Callable[[], T | None], process: subprocess.Popen[bytes], what: str) -> T:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = ready()
            if found is not None:
                return found
            if process.poll() is not None:
                raise SandboxError(f"{what} ended at its start (exit code {process.returncode})")
            time.sleep(0.05)
        raise SandboxError(f"{what} was not ready within {START_SECONDS:g} seconds")


def _skf_module(issued: Mapping[str, Any]) -> str:
    path, socket = (json.dumps(issued[name]) for name in ("module", "skf_socket"))
    return f"[[module]]\npath = {path}\nenvironment = {{ODC_SKF_SOCKET = {socket}}}\n"
