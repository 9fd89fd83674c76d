"""A crash of a worker ends it: Windows asks nobody about it, and keeps nothing of its memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import msvcrt, sys
from agent.system import dumps
before = msvcrt.SetErrorMode(msvcrt.SEM_NOALIGNMENTFAULTEXCEPT)
getattr(dumps, sys.argv[1])()
after, quiet = msvcrt.GetErrorMode(), msvcrt.SEM_NOGPFAULTERRORBOX
print(before & quiet, after & quiet == quiet, bool(after & msvcrt.SEM_NOALIGNMENTFAULTEXCEPT))
"""


@pytest.mark.parametrize("name", ["crash_quietly", "forbid_dumps"])
def test_it_is_so_and_what_else_was_said_stays(name):
    command = [sys.executable, "-c", PROGRAM, name]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["0", "True", "True"]
