"""What has been reminded of, on disk."""

from __future__ import annotations

import datetime as dt
import stat

import pytest

from agent.reminders.memory import ReminderMemory
from agent.reminders.rules import Shown

ONE, OTHER = "1" * 64, "2" * 64
SHOWN = Shown(day=dt.date(2025, 3, 7), days_left=-961)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data" / "reminders.json"


def test_what_was_never_shown_is_not_remembered(file):
    assert ReminderMemory(file).last(ONE) is None


def test_memory_outlives_the_agent(file):
    ReminderMemory(file).remember({ONE: SHOWN})
    memory = ReminderMemory(file)
    assert memory.last(ONE) == SHOWN
    assert memory.last(OTHER) is None


def test_the_newest_counts_and_the_others_stay(file):
    memory = ReminderMemory(file)
    memory.remember({OTHER: SHOWN})
    memory.remember({ONE: SHOWN})
    newer = Shown(day=dt.date(2025, 3, 8), days_left=-962)
    memory.remember({ONE: newer})
    assert ReminderMemory(file).last(ONE) == newer
    assert ReminderMemory(file).last(OTHER) == SHOWN


def test_the_file_is_private(file):
    ReminderMemory(file).remember({ONE: SHOWN})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"' + ONE.encode() + b'": {}}',
        b'{"' + ONE.encode() + b'": {"day": "2025-02-30", "days_left": 1}}',
        b"\0" * 4096,
        pytest.param(
            b'{"\xff\xfe": {"day": "2025-03-07", "days_left": 1}}',
        ),
    ],
)
def test_a_damaged_file_is_an_empty_memory_and_is_written_anew(file, content):
    file.parent.mkdir()
    file.write_bytes(content)
    memory = ReminderMemory(file)
    assert memory.last(ONE) is None
    memory.remember({ONE: SHOWN})
    assert ReminderMemory(file).last(ONE) == SHOWN


def test_a_memory_that_cannot_be_written_still_remembers_while_the_agent_runs(file, caplog):
    file.parent.mkdir()
    file.symlink_to("/proc/self/mem")  # an input/output error: it is let be
    memory = ReminderMemory(file)
    memory.remember({ONE: SHOWN})
    assert memory.last(ONE) == SHOWN
    assert "not remembered" in caplog.text


def test_a_folder_that_cannot_be_made_does_not_stop_reminders(tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    memory = ReminderMemory(blocked / "data" / "reminders.json")
    memory.remember({ONE: SHOWN})
    assert memory.last(ONE) == SHOWN
