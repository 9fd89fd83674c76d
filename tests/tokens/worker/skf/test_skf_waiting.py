"""For how long a library is asked for events that does not wait."""

from __future__ import annotations

import subprocess
from pathlib import Path

from agent.system.runtime import module_command
from agent.tokens.worker.skf.waiting import MOST_AT_ONCE, MOST_STRIKES, Patience


def times_until_lost(seconds: float, *, is_event: bool, most: int = 1000) -> int | None:
    patience = Patience()
    told = (patience.is_lost(seconds=seconds, is_event=is_event) for _ in range(most))
    return next((number for number, is_lost in enumerate(told, 1) if is_lost), None)


def test_one_that_returns_at_once_with_nothing_is_given_up_soon():
    assert times_until_lost(0.0, is_event=False) == MOST_STRIKES


def test_one_that_ends_its_wait_by_itself_is_given_up_too():
    assert times_until_lost(30.0, is_event=False) == MOST_STRIKES


def test_one_that_tells_of_events_without_end_is_given_up_later_than_a_hub_takes():
    assert times_until_lost(0.0, is_event=True) == MOST_AT_ONCE


def test_one_that_tells_of_events_is_asked_for_ever():
    assert times_until_lost(5.0, is_event=True) is None


def test_an_event_now_and_then_makes_up_for_none():
    patience = Patience()
    for _ in range(100):
        for _ in range(MOST_STRIKES - 1):
            assert not patience.is_lost(seconds=0.0, is_event=False)
        assert not patience.is_lost(seconds=1.0, is_event=True)


def test_the_process_that_waits_for_as_long_as_the_agent_runs_imports_hardly_anything():
    """Memory of an idle agent: each of these alone is a third of the bare interpreter's."""
    command = module_command("agent.tokens.worker.skf.waiter")
    listed = (
        "import sys; sys.path.append(sys.argv[1]); import agent.tokens.worker.skf.waiter\n"
        "print(*sys.modules)"
    )
    root = str(Path(command[2]).parents[2])
    imported = subprocess.run(
        [command[0], "-I", "-S", "-c", listed, root], check=True, capture_output=True, text=True
    ).stdout.split()
    assert "agent.tokens.worker.skf.loaded" in imported
    heavy = {"dataclasses", "typing", "re", "inspect", "msgspec", "threading", "pathlib"}
    assert not heavy.intersection(imported)
