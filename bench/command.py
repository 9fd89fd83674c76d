"""How long whole commands take with an agent that runs, beside the bare interpreter and pkcs11-tool."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

from bench.desk import running_desk
from bench.tables import print_times
from sandbox.desk.desk import SOFTHSM

ROUNDS = 30
BARE = "python -I -S -c pass"
FLOOR = "import argparse, contextlib, gettext, json, pathlib, socket, threading, typing"
"""What any command of this kind in Python loads before it does something."""


def main() -> None:
    """Print how long each command takes."""
    with running_desk() as desk:
        softhsm = {**os.environ, "SOFTHSM2_CONF": os.fspath(desk.token_configuration)}
        rows = {
            BARE: ([sys.executable, "-I", "-S", "-c", "pass"], desk.environment),
            "python -c 'import argparse, …'": ([sys.executable, "-c", FLOOR], desk.environment),
            "odc-agent status": (_odc_agent("status"), desk.environment),
            "odc-agent certs --json": (_odc_agent("certs", "--json"), desk.environment),
            "pkcs11-tool -O": (["pkcs11-tool", "--module", SOFTHSM, "-O"], softhsm),
        }
        times: dict[str, list[float]] = {name: [] for name in rows}
        worked: dict[str, list[float]] = {name: [] for name in rows}
        for _ in range(ROUNDS):  # interleaved, so that all meet the same machine
            for name, (command, environment) in rows.items():
                taken, processor = _milliseconds(command, environment)
                times[name].append(taken)
                worked[name].append(processor)
        print_times(f"whole command, {ROUNDS} rounds", times)
        print_times("of the processor, which tells more where others are at work", worked)
        medians = {name: statistics.median(taken) for name, taken in worked.items()}
        for name in list(rows)[1:]:
            print(f"{name:52} {medians[name] / medians[BARE]:10.2f} times the bare interpreter")


def _odc_agent(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "agent.cli", *arguments]


def _milliseconds(command: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """Return how long a command took, and for how much of that it had a processor."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return taken * 1000, (usage.ru_utime + usage.ru_stime) * 1000
