"""How long whole commands take with an agent that runs, beside the bare interpreter and pkcs11-tool."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from bench.desk import running_desk
from bench.tables import print_times
from sandbox.desk.desk import SOFTHSM

ROUNDS = 30
FLOOR = "import argparse, contextlib, gettext, json, pathlib, socket, threading, typing"
"""What any command of this kind in Python loads before it does something."""


def main() -> None:
    """Print how long each command takes."""
    with running_desk() as desk:
        softhsm = {**os.environ, "SOFTHSM2_CONF": os.fspath(desk.token_configuration)}
        rows = {
            "python -I -S -c pass": ([sys.executable, "-I", "-S", "-c", "pass"], desk.environment),
            "python -c 'import argparse, …'": ([sys.executable, "-c", FLOOR], desk.environment),
            "odc-agent status": (_odc_agent("status"), desk.environment),
            "odc-agent certs --json": (_odc_agent("certs", "--json"), desk.environment),
            "pkcs11-tool -O": (["pkcs11-tool", "--module", SOFTHSM, "-O"], softhsm),
        }
        times: dict[str, list[float]] = {name: [] for name in rows}
        for _ in range(ROUNDS):  # interleaved, so that all meet the same machine
            for name, (command, environment) in rows.items():
                times[name].append(_milliseconds(command, environment))
        print_times(f"whole command, {ROUNDS} rounds", times)


def _odc_agent(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "agent.cli", *arguments]


def _milliseconds(command: Sequence[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return (time.perf_counter() - started) * 1000
