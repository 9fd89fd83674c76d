"""A whole renewal of both certificates less token and server: SM2 by SKF beside RSA by PKCS#11."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import timed_skf
from bench.renewal import TimedDesk, add, renew, timed_module
from bench.tables import print_times
from sandbox.desk.desk import ISSUER, SKF_NAME, SM2_ISSUER
from sandbox.skf_token.control import Plug, Tell

ROUNDS = 5
POLICY = """\
[policy]
dossier = "never"
sms = false
licence = false
signing_key_types = ["sm2", "rsa:2048"]
"""


def main() -> None:
    """Print what client, token and authority each take of a renewal, of either kind."""
    with tempfile.TemporaryDirectory(prefix="odc-bench-") as name:
        module = timed_module(Path(name))
        times: dict[str, dict[str, list[float]]] = {"RSA": {}, "SM2": {}}
        for _ in range(ROUNDS):  # interleaved, so that both meet the same machine
            for kind, taken in times.items():
                with _desk(kind, module) as desk:
                    add(taken, desk, renew, desk.token_log)
        rows = {
            f"{kind}: {part}": ms for kind, parts in times.items() for part, ms in parts.items()
        }
        print_times(f"one renewal of a pair, {ROUNDS} rounds", rows)


@contextlib.contextmanager
def _desk(kind: str, module: Path) -> Iterator[TimedDesk]:
    with tempfile.TemporaryDirectory(prefix="odc-bench-") as name:
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        policy = Path(name) / "policy.toml"
        policy.write_text(POLICY, encoding="utf-8")
        with TimedDesk(folder, runtime) as desk:
            desk.environment[timed_skf.LOG] = os.fspath(desk.token_log)
            desk.url = desk.start_authority("--policy", os.fspath(policy)).url
            variables = _rsa_token(desk) if kind == "RSA" else _sm2_token(desk)
            library = variables.pop("module", os.fspath(module))
            _configure(desk, library, variables)
            desk.start_agent("--no-tray")
            with desk.client() as client:
                client.call("tokens.list", {"refresh": True})
            yield desk


def _rsa_token(desk: TimedDesk) -> dict[str, str]:
    desk.issue_token("--expired-days", "9")
    return {
        "SOFTHSM2_CONF": os.fspath(desk.token_configuration),
        "TIMED_LOG": os.fspath(desk.token_log),
    }


def _sm2_token(desk: TimedDesk) -> dict[str, str]:
    """Issue it, and have it in a process that notes its work."""
    issued = desk.issue_skf_token("--sm2", "--expired-days", "9")
    os.kill(desk.ask_skf(Tell()).pid, signal.SIGKILL)
    tokens, socket = desk.home.folder / "skf-tokens", Path(issued["skf_socket"])
    socket.unlink(missing_ok=True)
    process = desk.start("bench.timed_skf", os.fspath(tokens), os.fspath(socket))
    desk.await_(lambda: socket.exists() or None, process, "the token")
    desk.ask_skf(Plug(SKF_NAME))
    return {"module": issued["module"], "ODC_SKF_SOCKET": issued["skf_socket"]}


def _configure(desk: TimedDesk, module: str, variables: dict[str, str]) -> None:
    inline = ", ".join(f"{name} = {json.dumps(value)}" for name, value in variables.items())
    (desk.folder / "config.toml").write_text(
        f"poll_seconds = 3600\n[[module]]\npath = {json.dumps(module)}\n"
        f"environment = {{{inline}}}\n"
        f'[[authority]]\nname = "RA"\nissuers = {json.dumps([ISSUER, SM2_ISSUER])}\n'
        f'url = {json.dumps(desk.url)}\ntrust_anchor = "sandbox/ca.pem"\n'
        "[reminders]\nnotifications = false\n",
        encoding="utf-8",
    )
