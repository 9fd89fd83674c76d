"""Which tests of rooms that take long are run: some for one commit, others for the next.

These rooms start several programs for each test, and together they take two thirds of the time. Whose
turn it is depends on the commit alone, so that a run can be repeated. ``make test-all`` leaves nothing out.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROOMS = frozenset({"desktop", "faulty_module", "journey", "kept", "usb_token"})


def this_turn(items: Sequence[pytest.Item], turns: int) -> list[pytest.Item]:
    """Return the tests whose turn it is, of ``turns``; of each file every ``turns``-th."""
    if turns < 2:
        return list(items)
    turn = _commit() % turns
    seen: Counter[Path] = Counter()
    kept = []
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in ROOMS:
            seen[item.path] += 1
            if (seen[item.path] - turn) % turns:
                continue
        kept.append(item)
    return kept


def _commit() -> int:
    """Return the commit as a number; 0 in a copy without history."""
    asked = subprocess.run(
        ["git", "rev-parse", "--short=7", "HEAD"],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    return int(asked.stdout, 16) if asked.returncode == 0 else 0
