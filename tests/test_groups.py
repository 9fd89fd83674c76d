"""Tests of one group are on one worker: what they share is made once, and two never use it at once."""

from __future__ import annotations

import json
import subprocess
import sys

GROUPED = """
import json, os, pathlib, time, pytest

@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("group", [pytest.param(g, marks=pytest.mark.xdist_group(g)) for g in "ab"])
def test_one(group, number):
    time.sleep(0.2)
    with open("seen", "a") as seen:
        seen.write(json.dumps([group, os.environ["PYTEST_XDIST_WORKER"]]) + chr(10))
"""


def test_those_of_a_group_are_on_one_worker(tmp_path):
    """Tried, since pytest and pytest-xdist are of different makers, and nothing is said where it fails."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_grouped.py").write_text(GROUPED)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    seen = [json.loads(line) for line in (tmp_path / "seen").read_text().splitlines()]
    assert len(seen) == 12
    assert len({(group, worker) for group, worker in seen}) == 2, seen
