"""A PIN typed at a real console of Windows: the keys are put into it as the keyboard would."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.windows

TYPING = r"""
import ctypes, json, sys, threading
from ctypes import wintypes
kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
answers = open(sys.argv[1], "w", encoding="utf-8")
kernel32.FreeConsole()
assert kernel32.AllocConsole(), ctypes.get_last_error()
sys.stderr = open("CONOUT$", "w", encoding="utf-8")

from agent.system import key_events
from agent.cli.ground.secret_input import read_secret

kernel32.CreateFileW.restype = wintypes.HANDLE
console = wintypes.HANDLE(kernel32.CreateFileW("CONIN$", 0xC0000000, 3, None, 3, 0, None))
count = wintypes.DWORD()

def press(keys):
    for character, code in keys:
        for is_down in (True, False):
            record = key_events._Record(type=1)
            record.key = key_events._KeyRecord(is_down, 1, code, 0, character, 0)
            given = console, ctypes.byref(record), 1, ctypes.byref(count)
            assert kernel32.WriteConsoleInputW(*given)

def mode():
    kernel32.GetConsoleMode(console, ctypes.byref(count))
    return count.value

before = mode()
press([("9", 0x39)])  # too early: nobody has asked yet
threading.Timer(1.0, press, [json.loads(sys.argv[2])]).start()
try:
    said = bytes(read_secret("PIN: ", from_stdin=False)).decode()
except KeyboardInterrupt:
    said = "interrupted"
answers.write(json.dumps([said, mode() == before]))
answers.close()
"""
BARE = """
import ctypes
from agent.cli.ground.secret_input import NoTerminalError, read_secret
ctypes.WinDLL("kernel32").FreeConsole()
try:
    read_secret("PIN: ", from_stdin=False)
except NoTerminalError:
    print("none")
"""
LEFT, DELETE, F1, BACK, ENTER, ESCAPE = 0x25, 0x2E, 0x70, 0x08, 0x0D, 0x1B
NOTHING = "\0"


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-c", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
    )  # fmt: skip


def units(text):
    data = text.encode("utf-16-le")
    return [data[i : i + 2].decode("utf-16-le", "surrogatepass") for i in range(0, len(data), 2)]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([("1", 0x31), ("2", 0x32), ("9", 0x39), ("\b", BACK), ("3", 0x33), (NOTHING, LEFT),
          ("4", 0x34), (NOTHING, DELETE), (NOTHING, F1), ("\r", ENTER)], "1234"),
        ([("7", 0x37), ("\x1b", ESCAPE), ("à密𠮷", 0), ("\r", ENTER)], "à密𠮷"),
        ([("1", 0x31), ("\x03", 0x43)], "interrupted"),
        ([("1", 0x31), ("\x1a", 0x5A)], ""),
    ],
)  # fmt: skip
def test_a_pin_is_what_a_person_typed(tmp_path, keys, said):
    pressed = [[unit, code] for text, code in keys for unit in units(text)]
    answers = tmp_path / "answers"
    done = run(TYPING, str(answers), json.dumps(pressed))
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    assert json.loads(answers.read_text("utf-8")) == [said, True]


def test_without_a_console_it_is_said_and_nothing_is_waited_for():
    done = run(BARE)
    assert done.stdout.split() == [b"none"], done.stderr
