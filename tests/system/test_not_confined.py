"""Where the kernel takes no filter nothing a stranger made is opened, and that is said of the computer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.checks.model import CheckState
from agent.checks.verdicts.computer import judge_confinement
from agent.ground.language import Language

ROOT = Path(__file__).parents[2]
SCAN = """
from agent.renewals.scans.model import Inspect
from agent.renewals.scans.process import ask_worker
print(ask_worker(Inspect(), b"no picture")[0].fault.value)
"""
PDF = """
from agent.ground.errors import OdcError
from agent.signing.pdf.process import measure
try:
    print(measure("a.pdf", b"no PDF", 1))
except OdcError as error:
    print(error.code)
"""
PAC = """
from agent.network.pac.evaluating import PacProgramError, evaluate
try:
    print(evaluate("function FindProxyForURL() { return 'PROXY p:1' }", "http://a/", "a"))
except PacProgramError as error:
    print("not confined" if "confined" in str(error) else error)
"""
CHECK = "from agent.checks.probes.confinement import can_confine\nprint(can_confine())"


@pytest.mark.parametrize(
    ("asked", "well", "refused"),
    [
        (SCAN, "not_an_image", "not_confined"),
        (PDF, "pdf_damaged", "not_confined"),
        (PAC, "PROXY p:1", "not confined"),
        (CHECK, "True", "False"),
    ],
    ids=["scan", "pdf", "pac", "check"],
)
def test_what_cannot_be_confined_is_not_opened_and_it_is_no_fault_of_the_files(
    asked, well, refused
):
    without = str(Path(__file__).with_name("without_seccomp.py"))
    command = [sys.executable, "-c", asked]
    assert _said(command) == well
    assert _said([sys.executable, without, *command]) == refused


def _said(command: list[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=_environment()
    )
    assert done.stderr == ""
    return done.stdout.strip()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_the_check_says_what_is_missing():
    [found] = judge_confinement(can_confine=False)
    assert found.state is CheckState.FAILED
    assert "seccomp" in found.advice.text(Language.ZH)
    assert judge_confinement(can_confine=True)[0].state is CheckState.OK
