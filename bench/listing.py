"""Listing tokens, ours beside pkcs11-tool and p11tool: 100 certificates on one, 20 tokens with 10 each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.filled_tokens import make_tokens
from bench.tables import print_times
from sandbox.desk.desk import SOFTHSM, Desk

ROUNDS = 15


def main() -> None:
    """Print both tables."""
    for tokens, certificates in ((1, 100), (20, 10)):
        title = f"list {tokens} token(s) x {certificates} certificates, {ROUNDS} rounds"
        print_times(title, _measure(tokens, certificates))


def _measure(tokens: int, certificates: int) -> dict[str, list[float]]:
    total = tokens * certificates
    with _agent_with(tokens, certificates) as (desk, softhsm), desk.client() as client:

        def ours() -> int:
            return _count(client.call("tokens.list", {"refresh": True}))

        def our_command() -> int:
            return _count(json.loads(desk.run("agent.cli", "certs", "--json")))

        def pkcs11_tool() -> int:
            # One slot a call; the last one is the blank token SoftHSM always offers.
            outputs = [
                _output(["pkcs11-tool", "--module", SOFTHSM, "-O", "--slot-index", str(n)], softhsm)
                for n in range(tokens)
            ]
            return sum(output.count("Certificate Object") for output in outputs)

        def p11tool() -> int:
            command = ["p11tool", "--provider", SOFTHSM, "--list-all-certs"]
            listed = [_output([*command, url], softhsm) for url in urls]
            return sum(output.count("Type: X.509 Certificate") for output in listed)

        urls = _urls(softhsm) if tokens > 1 else ["pkcs11:model=SoftHSM%20v2"]
        rows: dict[str, Callable[[], int]] = {
            "tokens.list, read anew, agent runs": ours,
            "odc-agent certs --json (read anew, whole process)": our_command,
            f"pkcs11-tool -O, {tokens} call(s)": pkcs11_tool,
            f"p11tool --list-all-certs, {len(urls)} call(s)": p11tool,
        }
        times: dict[str, list[float]] = {name: [] for name in rows}
        for _ in range(ROUNDS):  # interleaved, so that all meet the same machine
            for name, listed in rows.items():
                started = time.perf_counter()
                found = listed()
                times[name].append((time.perf_counter() - started) * 1000)
                if found != total:
                    sys.exit(f"{name} listed {found} of {total} certificates")
        return times


@contextmanager
def _agent_with(tokens: int, certificates: int) -> Iterator[tuple[Desk, dict[str, str]]]:
    with tempfile.TemporaryDirectory(prefix="odc-bench-") as name:
        configuration = make_tokens(Path(name) / "hsm", tokens=tokens, certificates=certificates)
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        (folder / "config.toml").write_text(
            f"poll_seconds = 3600\n[[module]]\npath = {json.dumps(SOFTHSM)}\n"
            f"environment = {{SOFTHSM2_CONF = {json.dumps(os.fspath(configuration))}}}\n"
            "[reminders]\nnotifications = false\n"
        )
        with Desk(folder, environment={"XDG_RUNTIME_DIR": str(runtime)}) as desk:
            desk.start_agent("--no-tray")
            yield desk, {**os.environ, "SOFTHSM2_CONF": os.fspath(configuration)}


def _urls(environment: dict[str, str]) -> list[str]:
    """Return how p11tool names the tokens: without one it lists the first only."""
    listed = _output(["p11tool", "--provider", SOFTHSM, "--list-token-urls"], environment)
    return [url for url in listed.split() if "token=TOKEN-" in url]


def _count(answer: dict[str, list[dict[str, list[object]]]]) -> int:
    return sum(len(token["certificates"]) for token in answer["tokens"])


def _output(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout
