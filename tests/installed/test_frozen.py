"""What can be seen here of the package for macOS: the entry and the files' form."""

from __future__ import annotations

import importlib.util
import plistlib
import subprocess
import sys
from pathlib import Path

import pytest

from agent.system.autostart.macos import LABEL
from agent.system.runtime import module_command

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
        (["-I", "-m", "agent.desktop.tray", "3"], ("agent.desktop.tray", ["3"])),
        (["-I", "-m", "http.server"], None),
        (["-I", "-m", "agents"], None),
        (["status", "--json"], None),
        ([], None),
        (["-I", "-m"], None),
    ],
)
def test_a_frozen_program_is_the_interpreter_for_its_children(entry, arguments, meant):
    assert entry.module_of(arguments) == meant


def test_the_entry_runs_the_module_with_its_arguments():
    command = [sys.executable, ENTRY, "-I", "-m", "agent.cli", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("odc-agent ")


def test_children_are_started_in_a_way_the_entry_understands(entry, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    program, *arguments = module_command("agent.x", "1")
    assert program == sys.executable
    assert entry.module_of(arguments) == ("agent.x", ["1"])


def test_the_launch_agent_is_the_one_the_agent_knows():
    read = plistlib.loads((INSTALLER / "macos" / "org.odc.agent.plist").read_bytes())
    assert read["Label"] == LABEL
    assert read["ProgramArguments"][1:] == ["run", "--wait"]


@pytest.mark.parametrize("name", ["package", "remove", "scripts/postinstall"])
def test_the_scripts_for_macos_are_scripts(name):
    file = INSTALLER / "macos" / name
    subprocess.run(["sh", "-n", file], check=True)
    assert file.stat().st_mode & 0o111


def test_a_signed_app_on_macos_may_load_the_drivers_of_others():
    rights = plistlib.loads((INSTALLER / "macos" / "entitlements.plist").read_bytes())
    assert rights["com.apple.security.cs.disable-library-validation"] is True
