"""Which tests of rooms that take long are run: some for one commit, others for the next.

These rooms start several programs for each test, or do much, and together they take most of the time. Whose
turn it is depends on the commit alone, so that a run can be repeated. ``make test-all`` leaves nothing out.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import pytest

TESTS = Path(__file__).parent
ROOMS = (
    "browser", "chaos", "desktop", "faulty_module", "journey", "kept",
    "renewals/dossier", "renewals/letter", "renewals/scans", "sandbox/conformance", "sandbox/reviewer",
    "sandbox/server", "signing/pdf", "soak", "updates", "usb_token", "windows",
)  # fmt: skip


def by_turns(
    items: Sequence[pytest.Item], turns: int
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests whose turn it is, of ``turns``, and the others; by none, all that take long are left.

    A test's turn follows from its own name, so that it has the same one when it is tried again alone.
    """
    turn = _commit() % turns if turns > 1 else 0
    kept, left = [], []
    for item in items:
        takes_long = any(item.path.is_relative_to(TESTS / room) for room in ROOMS)
        is_its_turn = not takes_long or (
            turns and (crc32(_name(item).encode()) - turn) % turns == 0
        )
        (kept if is_its_turn else left).append(item)
    return kept, left


def _name(item: pytest.Item) -> str:
    """Return the name a test has alone: side by side with others that of its group is behind it."""
    groups = sorted({str(mark.args[0]) for mark in item.iter_markers("xdist_group")})
    return item.nodeid.removesuffix(f"@{'_'.join(groups)}")


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
