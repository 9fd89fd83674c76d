"""Nothing that a stranger wrote does something to the terminal it is printed on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import agent.cli
from agent.cli.ground.output import say, say_json

TYPES_INTO_THE_SCREEN = "\x1b]2;改名\x07\x1b[2J\x9b31m盖章\u202e不清晰"


def test_lines_stay_lines_and_what_steers_the_terminal_is_marked(capsys):
    say(f"意见: {TYPES_INTO_THE_SCREEN}\r\n请重新提交")
    printed = capsys.readouterr().out
    assert printed == "意见: �]2;改名��[2J�31m盖章�不清晰�\n请重新提交\n"


def test_what_is_json_goes_out_as_json():
    """Marked as words are, it would be another value for the program that reads it."""
    commands = Path(agent.cli.__file__).parent.rglob("*.py")
    made = {file.name for file in commands if "json.dumps" in file.read_text("utf-8")}
    assert made == {"config.py", "output.py"}, "config shows a value among words"


@pytest.mark.parametrize("indent", [2, None])
def test_json_is_the_same_value_for_a_program_and_harmless_on_a_screen(capsys, indent):
    value = {
        "remark": TYPES_INTO_THE_SCREEN,
        "name": "例公司😀",
        "tag": "\U000e0041",
        "half": "\ud800",
    }
    say_json(value, indent=indent)
    printed = capsys.readouterr().out
    assert json.loads(printed) == value
    assert "例公司😀" in printed
    assert not set(printed) & set("\x1b\x07\x9b\u202e\U000e0041\ud800")
