"""What a program without a console shows in a box of Windows' own."""

from __future__ import annotations

from pathlib import Path

SECONDS = 90
BOXES = """
import ctypes, sys, time
user32 = ctypes.WinDLL("user32")
found = []
@ctypes.WINFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)
def take(window, _):
    text = ctypes.create_unicode_buffer(4000)
    user32.GetWindowTextW(ctypes.c_void_p(window), text, 4000)
    found.append((window, text.value))
    return True
def of_class(window):
    text = ctypes.create_unicode_buffer(100)
    user32.GetClassNameW(ctypes.c_void_p(window), text, 100)
    return text.value
def of(window):
    found.clear()
    user32.EnumChildWindows(ctypes.c_void_p(window), take, None)
    return [text for _, text in found]
deadline = time.monotonic() + float(sys.argv[1])
boxes = []
while not boxes and time.monotonic() < deadline:
    time.sleep(0.3)
    found.clear()
    user32.EnumWindows(take, None)
    boxes = [window for window, text in found if text and of_class(window) == "#32770"]
for box in boxes:
    sys.stdout.buffer.write("\\n".join(of(box)).encode("utf-8"))
    user32.PostMessageW(ctypes.c_void_p(box), 0x10, None, None)
while any(user32.IsWindow(ctypes.c_void_p(box)) for box in boxes):
    time.sleep(0.1)
"""
"""Closes dialogs and prints what they say; the next who looks does not find them any more."""


def shown(windows, program, *words, **variables):
    """Return what a program shows in a box, which is closed; it is started as by a click, without streams."""
    named = windows.path(program) if isinstance(program, Path) else program
    assert windows.run_unheard("start", named, *words, env=variables) == 0
    return windows.run(windows.python, "-c", BOXES, str(SECONDS)).stdout.decode("utf-8")
