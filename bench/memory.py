"""Memory of every process of ours, beside an interpreter that does nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bench.desk import running_desk


def main() -> None:
    """Print resident and proportional memory (RSS, PSS) of each process, in MB."""
    bare_command = [sys.executable, "-I", "-S", "-c", "input()"]
    with (
        running_desk() as desk,
        subprocess.Popen(bare_command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as bare,
    ):
        print(f"\n{'process':32} {'RSS MB':>10} {'PSS MB':>10}")
        for name, pid in {"python -I -S": bare.pid, **processes_of(desk.folder)}.items():
            rss, pss = memory(pid)
            print(f"{name:32} {rss:10.1f} {pss:10.1f}")
        bare.communicate(b"\n")


def processes_of(folder: Path) -> dict[str, int]:
    """Return the processes that work in the desk's folder, by the module each runs."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) in (process / "environ").read_bytes():
                arguments = (process / "cmdline").read_bytes().split(b"\0")
                found[module_of(arguments)] = int(process.name)
        except (OSError, IndexError):
            continue
    return found


def module_of(arguments: list[bytes]) -> str:
    """Return what ``python -m`` runs, or what stands in for it (`start_module.py`); IndexError."""
    starts = (
        n for n, word in enumerate(arguments) if word == b"-m" or word.endswith(b"start_module.py")
    )
    return arguments[next(starts, len(arguments)) + 1].decode()


def memory(pid: int) -> tuple[float, float]:
    """Return RSS and PSS of a process, in MB."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        sizes[name] = int(rest.split()[0]) / 1024
    return sizes["Rss"], sizes["Pss"]
