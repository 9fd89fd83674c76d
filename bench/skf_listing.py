"""Listing SKF devices: our driver, and the whole of the agent, beside a bare client in C."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.skf_tokens import NAMES
from sandbox.desk.desk import Desk
from sandbox.skf_token.building import library
from sandbox.skf_token.drawer import Drawer

ROUNDS = 40
CONTAINERS = 2
CERTIFICATES = 2 * CONTAINERS * len(NAMES)
"""Both pairs of each container have one."""
SETTLE_SECONDS = 4.0
"""Until the agent has looked again at what was plugged in, so that no calls of its are counted."""
_NS_PER_MS = 1e6


@dataclass
class _Row:
    """One way to list."""

    listed: Callable[[], int]
    """Lists, and says how many certificates there are."""
    pid: int | None = None
    """The process that does it and nothing else."""
    calls: int = 0
    """Of the library, in one listing."""
    times: list[float] = field(default_factory=list)
    """Milliseconds by the clock, the token's process and all."""
    used: list[float] = field(default_factory=list)
    """Milliseconds of a processor, user and system, of that process alone."""


def print_listing(desk: Desk, drawer: Drawer, client: list[str]) -> None:
    """Print one table; ``client`` is how the client in C is called."""
    driver = [sys.executable, "-m", "bench.skf_driver", str(library())]
    with (
        desk.client() as agent,
        running([*client, "list"], desk) as bare,
        running(driver, desk) as ours,
    ):

        def bare_anew() -> int:
            done = subprocess.run(
                [*client, "list"], input="\n", env=desk.environment, capture_output=True, text=True,
                check=True,
            )  # fmt: skip
            return int(done.stdout)

        rows = {
            "bare C client, library loaded": _Row(lambda: _answer(bare), bare.pid),
            "our driver, all read": _Row(lambda: _answer(ours, "anew"), ours.pid),
            "our driver, again as after an event": _Row(lambda: _answer(ours), ours.pid),
            "tokens.list, refreshed, agent runs": _Row(
                lambda: _count(agent.call("tokens.list", {"refresh": True}))
            ),
            "bare C client, whole process": _Row(bare_anew),
            "odc-agent certs --json, whole process": _Row(
                lambda: _count(json.loads(desk.run("agent.cli", "certs", "--json")))
            ),
        }
        time.sleep(SETTLE_SECONDS)
        for row in rows.values():  # once for nothing: libraries and pages are loaded
            row.listed()
            row.calls = _calls(drawer, row.listed)
        order = random.Random(ROUNDS)
        for _ in range(
            ROUNDS
        ):  # interleaved, so that all meet the same machine; none always after another
            for name in order.sample(list(rows), len(rows)):
                _measure(name, rows[name])
    _print(rows)


def _measure(name: str, row: _Row) -> None:
    before, started = _processor_ms(row.pid), time.perf_counter()
    found = row.listed()
    row.times.append((time.perf_counter() - started) * 1000)
    row.used.append(_processor_ms(row.pid) - before)
    if found != CERTIFICATES:
        sys.exit(f"{name} listed {found} certificates")


def _print(rows: dict[str, _Row]) -> None:
    load = os.getloadavg()[0]
    title = f"list {len(NAMES)} SKF devices x {CONTAINERS} containers, {ROUNDS} rounds"
    print(f"\n{title}, load {load:.1f}")
    print(
        f"{'':40} {'calls':>6} {'least ms':>9} {'median ms':>10} {'processor: least':>17} {'median':>7}"
    )
    for name, row in rows.items():
        figures = (
            f"{name:40} {row.calls:6d} {min(row.times):9.1f} {statistics.median(row.times):10.1f}"
        )
        if row.pid is not None:
            figures += f" {min(row.used):17.1f} {statistics.median(row.used):7.1f}"
        print(figures)


def _calls(drawer: Drawer, listed: Callable[[], int]) -> int:
    before = _calls_so_far(drawer)
    listed()
    return _calls_so_far(drawer) - before


def _calls_so_far(drawer: Drawer) -> int:
    report = drawer.report()
    assert report is not None
    return sum(count for name, count in report.calls.items() if name.startswith("SKF_"))


def _processor_ms(pid: int | None) -> float:
    """Return what the one thread of a process has had of processors; jiffies would be too coarse."""
    if pid is None:
        return 0.0
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / _NS_PER_MS


@contextmanager
def running(command: list[str], desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """Have a process at hand that answers lines, for as long as the block lasts."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=desk.environment, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _answer(process: subprocess.Popen[str], line: str = "") -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def _count(answer: dict[str, list[dict[str, list[object]]]]) -> int:
    return sum(len(token["certificates"]) for token in answer["tokens"])
