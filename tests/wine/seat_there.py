"""Run by Windows' Python: ``seat_there.py FOLDER`` starts the agent of that home, and serves a test.

It answers lines of JSON until its input ends: ``["call", METHOD, PARAMS]`` asks the agent, ``["front"]``
tells the title of the window that has the keyboard, ``["windows"]`` title and place of each that can be
seen; ``["copy", TEXT]`` or ``["copy_file", PATH]`` puts something on the clipboard; ``["page", METHOD,
PARAMS]`` has a web page ask, as its browser's host does, and ``["answer"]`` waits for what it is answered;
``["renew", SECRET]`` renews what is due, and returns the renewal at its end. What came of it is one line,
with ``error`` where the agent refused.
"""

from __future__ import annotations

import ctypes
import json
import queue
import struct
import sys
import threading
from ctypes import wintypes
from pathlib import Path

from agent.api.client import CallError, Client
from agent.system.runtime import BROWSER_SOCKET
from agent.system.starting import connect
from sandbox.desk.desk import Desk
from sandbox.home import SandboxError

sys.path.append(str(Path(__file__).parents[1] / "journey"))

from applicant import Applicant

user32 = ctypes.WinDLL("user32")
kernel32 = ctypes.WinDLL("kernel32")
kernel32.GlobalAlloc.restype = kernel32.GlobalLock.restype = ctypes.c_void_p
kernel32.GlobalLock.argtypes = kernel32.GlobalUnlock.argtypes = (ctypes.c_void_p,)
user32.SetClipboardData.argtypes = (wintypes.UINT, ctypes.c_void_p)
UNICODE_TEXT, FILES, MOVEABLE = 13, 15, 2


def title(window):
    text = ctypes.create_unicode_buffer(300)
    user32.GetWindowTextW(window, text, 300)
    return text.value


def front():
    return title(user32.GetForegroundWindow())


def windows():
    found = []

    @ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)
    def take(window, _):
        place = wintypes.RECT()
        user32.GetWindowRect(window, ctypes.byref(place))
        if user32.IsWindowVisible(window):
            found.append([title(window), place.left, place.top, place.right, place.bottom])
        return True

    user32.EnumWindows(take, 0)
    return found


def copy(text):
    put_on_clipboard(UNICODE_TEXT, f"{text}\0".encode("utf-16-le"))


def copy_file(path):
    head = struct.pack("<LllLL", 20, 0, 0, 0, True)  # DROPFILES (shlobj_core.h)
    put_on_clipboard(FILES, head + f"{path}\0\0".encode("utf-16-le"))


def put_on_clipboard(kind, data):
    memory = kernel32.GlobalAlloc(MOVEABLE, len(data))
    ctypes.memmove(kernel32.GlobalLock(memory), data, len(data))
    kernel32.GlobalUnlock(memory)
    assert user32.OpenClipboard(None)
    user32.EmptyClipboard()
    user32.SetClipboardData(kind, memory)
    user32.CloseClipboard()


def renew(secret):
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        if secret:
            applicant.wait_for(renewal, "SECRET")
            client.call("renewals.give_secret", {"id": renewal["id"], **secret})
        return applicant.go_on(renewal)


answered = queue.SimpleQueue()


def page(method, params):
    def ask():
        with Client(connect(BROWSER_SOCKET, start=False), "page") as client:
            answered.put(outcome(client.call, method, params))

    threading.Thread(target=ask, daemon=True).start()


def answer():
    return answered.get(timeout=60)


def outcome(ask, *arguments):
    try:
        return {"result": ask(*arguments)}
    except CallError as error:
        return {"error": error.report}


def say(what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def serve(client):
    answers = {
        "call": client.call, "front": front, "windows": windows, "copy": copy,
        "copy_file": copy_file, "page": page, "answer": answer, "renew": renew,
    }  # fmt: skip
    say("ready")
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        say(outcome(answers[name], *arguments))


with Desk(Path(sys.argv[1])) as desk:
    try:
        desk.start_agent()
    except SandboxError as error:
        say({"error": str(error)})
        raise
    with desk.client() as client:
        serve(client)
