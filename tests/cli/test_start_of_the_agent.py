"""What an agent does before anything else, in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

STARTED = """
import ctypes, os, sys
from agent.cli.running import run
run._run_alone = lambda *_, **__: print(
    type(sys.meta_path[0]).__module__, oct(os.umask(0)), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
)
run.run(has_tray=False)
"""
"""3 is PR_GET_DUMPABLE."""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")
def test_imports_are_tried_again_files_are_private_and_memory_is_hidden():
    done = subprocess.run(
        [sys.executable, "-c", STARTED], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "agent.system.late_imports 0o77 0\n"
