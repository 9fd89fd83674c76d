"""Points of a renewal at which something may happen, and the cases made of them. Pure.

Nobody lists the points: an undisturbed run passes them, and its log tells what there is.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self

MOST_PASSINGS = 2
"""Points that say no more than that something is asked again (polls, listings) are struck so often at
most; what names the renewal's state is struck at every passing."""


class When(StrEnum):
    """Relative to the effect of what is done at the point."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


class Kind(StrEnum):
    """What is done at a point; the first word of its name."""

    JOURNAL = "journal"
    """A transaction of one of the agent's databases is committed."""
    FILE = "file"
    """One of the agent's files is made, opened for writing, renamed or removed."""
    HTTP = "http"
    """The authority is asked."""
    WORKER = "worker"
    """A token worker is asked."""


BEFORE_AND_AFTER = (When.BEFORE, When.AFTER)
ALWAYS = tuple(When)
ANSWERS = (
    "500", "503", "401", "html", "cut_before", "cut_after", "truncated", "slow", "bad_base64",
    "duplicate", "stale",
)  # fmt: skip
"""The sandbox's faults, by the names it knows them by; not those that only look different."""

TROUBLES: dict[Kind, dict[str, Sequence[When]]] = {
    Kind.JOURNAL: {
        "kill agent": BEFORE_AND_AFTER,
        "disk full": (When.BEFORE,),
        "clock +1 day": (When.BEFORE,),
        "clock -1 day": (When.BEFORE,),
    },
    Kind.FILE: {"kill agent": (When.BEFORE,), "disk full": (When.BEFORE,)},
    Kind.HTTP: {
        "kill agent": BEFORE_AND_AFTER,
        **{f"answer {kind}": (When.BEFORE,) for kind in ANSWERS},
    },
    Kind.WORKER: {"kill agent": ALWAYS, "kill worker": ALWAYS, "pull token": ALWAYS},
}
"""What may happen where, and when."""


@dataclass(frozen=True)
class Passing:
    """That a point was passed: the ``number``-th time since the agent's start."""

    name: str
    number: int
    seconds: float
    """How long what is done there took."""

    @property
    def kind(self) -> Kind:
        return Kind(self.name.partition(" ")[0])


@dataclass(frozen=True)
class Case:
    """One trouble at one passing of one point."""

    name: str
    number: int
    when: When
    trouble: str
    delay: float = 0.0
    """Seconds from the start of what is done there, where it is struck in its midst."""
    token: str = ""
    """Which token of several it is tried on."""

    @property
    def is_certain(self) -> bool:
        """Whether every run passes there; how often something is asked again, time decides."""
        return self.number == 1

    @property
    def id(self) -> str:
        place = self.name if self.number == 1 else f"{self.name} #{self.number}"
        return f"{self.token} {place}: {self.trouble} {self.when}".lstrip()

    def encode(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def decode(cls, text: str) -> Self:
        values = json.loads(text)
        return cls(**{**values, "when": When(values["when"])})


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_DRAFT = re.compile(r"(?<=[/ ])\.(\S+)\.\w+$")


def without_chance(name: str) -> str:
    """Return a name without what chance put into it: ids, and the last part of a draft's name."""
    return _DRAFT.sub(r"draft of \1", _UUID.sub("*", name))


def read_passings(lines: Iterable[str]) -> list[Passing]:
    """Return what the agent under test has logged."""
    return [Passing(*json.loads(line)) for line in lines]


def cases_of(*runs: Sequence[Passing], most: int = MOST_PASSINGS, token: str = "") -> list[Case]:
    """Return every trouble at every passing that all of the undisturbed runs have."""
    first, *others = runs
    counts = [Counter(p.name for p in run) for run in others]
    return [
        Case(p.name, p.number, when, trouble, _delay(p, trouble, when), token)
        for p in first
        if p.number <= most and all(p.number <= count[p.name] for count in counts)
        for trouble, whens in TROUBLES[p.kind].items()
        for when in whens
    ]


def sample_of(cases: Sequence[Case], seed: int, size: int) -> list[Case]:
    """Return some cases: of each kind of point and trouble in turn, as ``seed`` decides."""
    chance = random.Random(seed)
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in chance.sample(cases, len(cases)):
        kind = case.name.partition(" ")[0]
        groups.setdefault((kind, case.trouble.partition(" ")[0]), []).append(case)
    chosen: list[Case] = []
    while len(chosen) < min(size, len(cases)):
        for group in groups.values():
            if group and len(chosen) < size:
                chosen.append(group.pop())
    return chosen


def _delay(passing: Passing, trouble: str, when: When) -> float:
    """Return a moment in the midst of what took ``passing.seconds``: any, the same in every run."""
    if when is not When.DURING:
        return 0.0
    return passing.seconds * random.Random(f"{passing.name} {trouble}").random()


def kills_of(cases: Sequence[Case]) -> list[Case]:
    """Return those that kill the agent at a save or at a message to the authority."""
    points = {Kind.JOURNAL.value, Kind.HTTP.value}
    return [
        case for case in cases
        if case.trouble == "kill agent" and case.name.partition(" ")[0] in points
    ]  # fmt: skip
