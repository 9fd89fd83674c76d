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

def copy(text):
    user32 = ctypes.WinDLL("user32")
    kernel32.GlobalAlloc.restype = kernel32.GlobalLock.restype = ctypes.c_void_p
    kernel32.GlobalLock.argtypes = kernel32.GlobalUnlock.argtypes = (ctypes.c_void_p,)
    user32.SetClipboardData.argtypes = (wintypes.UINT, ctypes.c_void_p)
    data = text.encode("utf-16-le") + b"\0\0"
    memory = kernel32.GlobalAlloc(2, len(data))  # GMEM_MOVEABLE
    ctypes.memmove(kernel32.GlobalLock(memory), data, len(data))
    kernel32.GlobalUnlock(memory)
    assert user32.OpenClipboard(None) and user32.EmptyClipboard()
    assert user32.SetClipboardData(13, memory)  # CF_UNICODETEXT
    user32.CloseClipboard()

def press(keys):
    written = wintypes.DWORD()  # of its own: another thread has it press
    for character, code, state in keys:
        for is_down in (True, False):
            record = key_events._Record(type=1)
            record.key = key_events._KeyRecord(is_down, 1, code, 0, character, state)
            given = console, ctypes.byref(record), 1, ctypes.byref(written)
            assert kernel32.WriteConsoleInputW(*given)

def mode():
    kernel32.GetConsoleMode(console, ctypes.byref(count))
    return count.value

before = mode()
press([("9", 0x39, 0)])  # too early: nobody has asked yet
if len(sys.argv) > 3:
    copy(sys.argv[3])
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
CONTROL, SHIFT = 0x0008, 0x0010
CTRL_V, SHIFT_INSERT = ["\x16", 0x56, CONTROL], ["\0", 0x2D, SHIFT]
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
    pressed = [[unit, code, 0] for text, code in keys for unit in units(text)]
    assert typed(tmp_path, pressed) == said


def typed(tmp_path, pressed, *copied):
    """Return what comes of these keys, each a character, a key and what is held; the console is as before."""
    answers = tmp_path / "answers"
    done = run(TYPING, str(answers), json.dumps(pressed), *copied)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    said, is_as_before = json.loads(answers.read_text("utf-8"))
    assert is_as_before
    return said


@pytest.mark.parametrize("paste", [CTRL_V, SHIFT_INSERT])
@pytest.mark.parametrize(("copied", "said"), [("5792", "135792."), ("57密𠮷\r\nnext", "1357密𠮷")])
def test_a_pin_that_was_copied_is_pasted_by_keys(tmp_path, paste, copied, said):
    around = [["1", 0x31, 0], ["3", 0x33, 0]], [[".", 0, 0], ["\r", ENTER, 0]]
    assert typed(tmp_path, [*around[0], paste, *around[1]], copied) == said


def test_without_a_console_it_is_said_and_nothing_is_waited_for():
    done = run(BARE)
    assert done.stdout.split() == [b"none"], done.stderr
