"""The program on a Windows that Wine shows, beside a bare interpreter there; nothing where Wine is not.

Spawning has Wine's own share in it, for all rows alike; a program that runs keeps its server there. The host
is the one of the assembled folder, asked by its pipes as a browser does.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.host import Host, _ask, _round_trip, _running
from bench.memory import memory, module_of
from bench.tables import print_times

sys.path.append(str(Path(__file__).parents[1] / "tests" / "wine"))

from machine import Windows, running
from parts import ROOT, WINE, interpreter, why_not_here
from softhsm import softhsm

SPAWNS, STARTS = 15, 5
BARE, HOST = "python.exe -I -S -c pass", "odc-native-host.exe"
ORIGIN = "chrome-extension://ibaicfimpnloochnmcaflgfhaenealaa/"


def main() -> None:
    """Print the tables."""
    if (reason := why_not_here()) is not None:
        print(f"\nnot measured on Windows: {reason}")
        return
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        programs = _assembled(Path(name) / "programs")
        with running(Path(name), ODC_HOME=r"C:\desk") as windows, _desk(windows):
            _print_starts(windows)
            _print_spawns(windows, programs)
            _print_memory(windows)


def _assembled(folder: Path) -> Path:
    command = [sys.executable, ROOT / "installer/windows/assemble.py", interpreter(), folder]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@contextmanager
def _desk(windows: Windows) -> Iterator[None]:
    """An authority and a token while the block runs."""
    shutil.copytree(softhsm(), windows.drive / "SoftHSM2" / "lib")
    script = windows.path(ROOT / "tests/wine/desk_there.py")
    with windows.start(windows.python, script, r"C:\desk") as process:
        try:
            if process.stdout.readline().strip() != b"ready":
                raise RuntimeError(process.stderr.read().decode("utf-8", "replace"))
            yield
        finally:
            process.stdin.close()


def _print_starts(windows: Windows) -> None:
    taken = [_first_list(windows, "quit") for _ in range(STARTS)]
    print_times(
        f"Wine: start of the agent to the first list, {STARTS} rounds", {"agent": taken[1:]}
    )
    _first_list(windows)  # it stays


def _first_list(windows: Windows, *words: str) -> float:
    script = windows.path(ROOT / "tests/wine/first_list_there.py")
    # What an agent starts keeps Wine's pipes: only the first line is waited for.
    with windows.start(windows.python, script, *words, stderr=subprocess.DEVNULL) as process:
        taken = float(process.stdout.readline())
        process.wait()
        process.stdout.close()
    return taken


def _print_spawns(windows: Windows, programs: Path) -> None:
    host = Host([str(WINE), str(programs / HOST), ORIGIN], windows.environment, _ask("host.status"))
    bare = [str(WINE), str(windows.python), "-I", "-S", "-c", "pass"]
    times: dict[str, list[float]] = {BARE: [], HOST: []}
    for number in range(SPAWNS + 1):  # interleaved, so that both meet the same machine
        started = time.perf_counter()
        subprocess.run(bare, env=windows.environment, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
        passed = time.perf_counter()
        with _running(host) as process:
            _round_trip(process, host.request(0))
            answered = time.perf_counter()
        if number:  # the first one warms up
            times[BARE].append((passed - started) * 1000)
            times[HOST].append((answered - passed) * 1000)
    print_times(f"Wine: spawn to first reply, {SPAWNS} rounds", times)
    ours, theirs = times[HOST], times[BARE]
    median, fastest = statistics.median(ours) / statistics.median(theirs), min(ours) / min(theirs)
    print(
        f"ours is {median:.2f} of the bare interpreter, {fastest:.2f} in the fastest rounds (goal 1.6)"
    )


def _print_memory(windows: Windows) -> None:
    print(f"\n{'Wine: process':40} {'RSS MB':>10} {'PSS MB':>10}")
    with windows.start(windows.python, "-I", "-S", "-c", "print(flush=True); input()") as bare:
        bare.stdout.readline()
        for name, pid in {BARE.replace("pass", "input()"): bare.pid, **_processes(windows)}.items():
            rss, pss = memory(pid)
            print(f"{name:40} {rss:10.1f} {pss:10.1f}")
        bare.communicate(b"\n")


def _processes(windows: Windows) -> dict[str, int]:
    """Return our processes there, by the module each runs."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
            if str(windows.folder).encode().replace(b"/", b"\\") in command[0].replace(b"/", b"\\"):
                found[module_of(command)] = int(process.name)
        except (OSError, IndexError):
            continue
    return found
