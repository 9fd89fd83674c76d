"""What an agent takes of the machine: memory, descriptors, threads, processes, files. Reads /proc."""

from __future__ import annotations

import contextlib
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.memory import module_of

REST_SECONDS = 60.0
"""How long an agent may take to come to rest after it was used."""
LOOK_SECONDS = 2.0
AT_REST = Counter({"agent.tokens.worker": 2, "agent.windows": 1})
"""Of an agent with two drivers, a moment after a window: one process waits to be the next."""
_NUMBER = re.compile(r"\d+")
_OLD_LOG = re.compile(r"\.log\.\d$")
"""Of these there are three at most (agent/system/logs.py)."""


@dataclass(frozen=True)
class Footprint:
    """What is taken at one moment."""

    own: float
    """Memory of the agent's alone, in MB: what it leaks shows here, what others share does not."""
    pss: float
    """Its proportional share of all memory it uses, in MB."""
    below: float
    """The same of all processes below it together."""
    descriptors: Counter[str]
    """Of the agent's process, by what they lead to."""
    threads: int
    processes: Counter[str]
    """All below the agent, by what each runs."""
    files: Counter[str]
    """In its folders and among the temporary ones, by where they are."""

    @classmethod
    def of(cls, agent: int, folders: tuple[Path, ...]) -> Footprint:
        """Look at the agent with process id ``agent``, and at all files in ``folders``."""
        sizes, below = _memory(agent), list(_below(agent))
        return cls(
            own=sizes["Pss_Anon"],
            pss=sizes["Pss"],
            below=sum(_memory(process)["Pss"] for process in below),
            descriptors=Counter(_descriptors(agent)),
            threads=len(list(Path(f"/proc/{agent}/task").iterdir())),
            processes=Counter(map(_program, below)),
            files=Counter(str(file.parent) for folder in folders for file in _files(folder)),
        )

    def more_than(self, before: Footprint) -> dict[str, Counter[str]]:
        """Return what there is more of than there was, memory aside."""
        grown = {
            "descriptors": self.descriptors - before.descriptors,
            "threads": Counter(threads=self.threads) - Counter(threads=before.threads),
            "processes": self.processes - before.processes,
            "files": self.files - before.files,
        }
        return {name: more for name, more in grown.items() if more}

    def __str__(self) -> str:
        return (
            f"own {self.own:.1f} MB, PSS {self.pss:.1f} MB, {self.below:.1f} MB below, "
            f"{self.descriptors.total()} descriptors, {self.threads} threads, "
            f"{self.processes.total()} processes, {self.files.total()} files"
        )


def at_rest(agent: int, folders: tuple[Path, ...]) -> Footprint:
    """Return what the agent takes once nothing is under way any more."""
    deadline = time.monotonic() + REST_SECONDS
    before, seen = None, Footprint.of(agent, folders)
    while seen.processes != AT_REST or before is None or before.more_than(seen):
        assert time.monotonic() < deadline, f"it does not come to rest: {seen.processes}"
        time.sleep(LOOK_SECONDS)
        before, seen = seen, Footprint.of(agent, folders)
    return seen


def _memory(pid: int) -> dict[str, float]:
    """Return what the kernel tells of a process's memory, in MB; nothing of one that has ended."""
    sizes: dict[str, float] = defaultdict(float)
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        sizes |= {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return sizes


def _descriptors(pid: int) -> Iterator[str]:
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            yield _kind(str(descriptor.readlink()))
        except FileNotFoundError:  # closed meanwhile
            continue


def _below(pid: int) -> Iterator[int]:
    """Yield every process below ``pid``, those that nobody has waited for included."""
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            for child in map(int, children.read_text().split()):
                yield child
                yield from _below(child)


def _program(pid: int) -> str:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "ended"
    try:
        return module_of(arguments)
    except IndexError:
        return b" ".join(arguments).decode()


def _kind(name: str) -> str:
    """Return a name without what tells one of its kind from another."""
    return _NUMBER.sub("#", name)


def _files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if not file.is_dir() and not _OLD_LOG.search(file.name):
            yield file
