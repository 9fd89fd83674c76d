"""``make chaos`` begins with a script, which finds what it needs without pytest."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_script_runs_by_itself():
    script = Path(__file__).with_name("chaos_cases.py")
    done = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "FILE" in done.stdout.upper()
