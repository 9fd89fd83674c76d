"""A minute of nothing with a token plugged in: processor, wake-ups and memory, beside opensc-notify."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.memory import memory, processes_of
from bench.usb_desk import plug, usb_desk

SECONDS = 60
SETTLE_SECONDS = 15


@dataclass(frozen=True)
class Use:
    """What processes have used since they began."""

    jiffies: int
    wake_ups: int


def main() -> None:
    """Print what all our processes but the tray use, and what opensc-notify uses."""
    with usb_desk() as desk:
        notify = subprocess.Popen(
            ["dbus-run-session", "--", "opensc-notify"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            plug(desk)
            time.sleep(SETTLE_SECONDS)
            groups = {
                "agent": [
                    pid for name, pid in processes_of(desk.folder).items() if "sandbox" not in name
                ],
                "opensc-notify": _children_named(notify.pid, "opensc-notify"),
            }
            before = {name: use_of(pids) for name, pids in groups.items()}
            time.sleep(SECONDS)
            print(f"\n{f'idle for {SECONDS} s, token plugged in':32}"
                  f" {'jiffies':>8} {'wake-ups':>9} {'PSS MB':>8} {'processes':>10}")  # fmt: skip
            for name, pids in groups.items():
                used, earlier = use_of(pids), before[name]
                pss = sum(memory(pid)[1] for pid in pids)
                print(f"{name:32} {used.jiffies - earlier.jiffies:8d}"
                      f" {used.wake_ups - earlier.wake_ups:9d} {pss:8.1f} {len(pids):10d}")  # fmt: skip
        finally:
            notify.terminate()
            notify.wait()


def use_of(pids: list[int]) -> Use:
    """Return what these processes have used."""
    jiffies = wake_ups = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            jiffies += int(fields[11]) + int(fields[12])  # utime, stime: proc(5)
            status = (task / "status").read_text()
            wake_ups += int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return Use(jiffies, wake_ups)


def _children_named(parent: int, name: str) -> list[int]:
    """Return the processes below ``parent`` that run the program ``name``."""
    found, waiting = [], [parent]
    while waiting:
        pid = waiting.pop()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        waiting += map(int, children)
        if name == os.path.basename(os.readlink(f"/proc/{pid}/exe")):  # noqa: PTH119, PTH115
            found.append(pid)
    return found
