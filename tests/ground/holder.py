"""Run by Windows' Python: opens files as other programs do, on words from stdin, one line each.

``hold FILE SHARE MS`` opens a file, says ``held``, closes it after so many ms, or at ``let go``, and says
``closed``. ``scan FOLDER SHARE MS`` opens each file below a folder, as soon as it has changed, for so long:
as a virus scanner. SHARE is what others may do meanwhile: of r, w, d (FILE_SHARE_READ, _WRITE, _DELETE), or
``-`` for nothing.
"""

import _winapi
import contextlib
import sys
import threading
import time
from pathlib import Path

SHARES = {"-": 0, "r": 1, "w": 2, "d": 4}
EVERY_SECONDS = 0.002


def opened(file, share):
    shared = sum(SHARES[letter] for letter in share)
    return _winapi.CreateFile(
        str(file), _winapi.GENERIC_READ, shared, 0, _winapi.OPEN_EXISTING, 0, 0
    )


def hold(file, share, ms):
    handle = opened(file, share)
    print("held", flush=True)
    if ms != "0":
        threading.Timer(int(ms) / 1000, let_go, [handle]).start()
    return handle


def let_go(handle):
    _winapi.CloseHandle(handle)
    print("closed", flush=True)


def close_later(handle, ms):
    time.sleep(ms / 1000)
    _winapi.CloseHandle(handle)


def scan(folder, share, ms):
    seen = {}
    while True:
        for file in Path(folder).rglob("*"):
            with contextlib.suppress(OSError):
                stamp = file.stat().st_mtime_ns
                if file.is_file() and seen.get(file) != stamp:
                    handle = opened(file, share)
                    seen[file] = stamp
                    threading.Thread(
                        target=close_later, args=(handle, int(ms)), daemon=True
                    ).start()
        time.sleep(EVERY_SECONDS)


sys.stdin.reconfigure(encoding="utf-8")
for line in sys.stdin:
    words = line.rstrip("\r\n").split("\t")
    if words[0] == "hold":
        last = hold(*words[1:])
    elif words[0] == "let go":
        let_go(last)
    else:
        threading.Thread(target=scan, args=words[1:], daemon=True).start()
        print("scanning", flush=True)
