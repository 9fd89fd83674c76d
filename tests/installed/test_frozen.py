"""What can be seen here of the packages for Windows and macOS: the entry and the files' form."""

from __future__ import annotations

import importlib.util
import plistlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent.autostart.macos import LABEL

INSTALLER = Path(__file__).parents[2] / "installer"
ENTRY = INSTALLER / "frozen" / "entry.py"


@pytest.fixture(scope="module")
def entry():
    spec = importlib.util.spec_from_file_location("entry", ENTRY)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["-P", "-m", "agent.desktop.tray", "3"], ("agent.desktop.tray", ["3"])),
        (["-P", "-m", "http.server"], None),
        (["-P", "-m", "agents"], None),
        (["status", "--json"], None),
        ([], None),
        (["-P", "-m"], None),
    ],
)
def test_a_frozen_program_is_the_interpreter_for_its_children(entry, arguments, meant):
    assert entry.module_of(arguments) == meant


def test_the_entry_runs_the_module_with_its_arguments():
    command = [sys.executable, ENTRY, "-P", "-m", "agent.cli", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("odc-agent ")


def test_every_child_is_started_in_a_way_the_entry_understands(entry):
    code = "".join(p.read_text() for p in (INSTALLER.parent / "agent").rglob("*.py"))
    started = re.findall(r'(?:sys\.executable|program\(\)), ((?:"-[^"]*", ?)+)', code)
    assert len(started) > 5, "children are not found any more"
    for flags in started:
        assert entry.module_of([*re.findall(r'"([^"]*)"', flags), "agent.x"]) == ("agent.x", [])


def test_the_launch_agent_is_the_one_the_agent_knows():
    read = plistlib.loads((INSTALLER / "macos" / "org.odc.agent.plist").read_bytes())
    assert read["Label"] == LABEL
    assert read["ProgramArguments"][1:] == ["run"]
