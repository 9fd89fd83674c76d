"""Windows gives a console, which is a window, to each program of the kind that has one."""

from __future__ import annotations

import subprocess
import sys

if sys.platform == "win32":
    NO_CONSOLE = subprocess.CREATE_NO_WINDOW
else:
    NO_CONSOLE = 0
"""``creationflags`` of a process of ours in the background: an agent without a console has none to share."""
