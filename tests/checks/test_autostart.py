"""The start at login on Linux: exactly one way, and switched off as well as on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from agent.autostart import this_systems_autostart
from agent.autostart.linux import LinuxAutostart


@pytest.fixture
def system(own_folders, monkeypatch):
    """The folder of files that start programs for every user."""
    folder = own_folders / "system"
    (folder / "autostart").mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(folder))
    return folder / "autostart" / "odc-agent.desktop"


def places(autostart=None):
    return [way.place for way in (autostart or this_systems_autostart()).ways()]


def test_switching_on_and_off_leaves_nothing(own_folders, system):
    autostart = this_systems_autostart()
    assert places() == []
    autostart.switch_on()
    [way] = autostart.ways()
    assert way.is_right
    autostart.switch_off()
    assert places() == []
    assert not list((own_folders / ".config").rglob("*.desktop"))


def test_what_is_started_for_everybody_is_switched_off_for_this_user_alone(system):
    system.write_text(f"[Desktop Entry]\nExec={sys.executable} run\n")
    assert places() == [str(system)]
    this_systems_autostart().switch_off()
    assert places() == []
    assert system.exists()
    this_systems_autostart().switch_on()
    assert len(places()) == 1


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled=false"])
def test_a_file_that_is_switched_off_starts_nothing(system, line):
    system.write_text(f"[Desktop Entry]\nExec={sys.executable} run\n{line}\n")
    assert places() == []


def test_a_unit_of_the_administrators_is_masked_for_this_user(own_folders, system, monkeypatch):
    units = own_folders / "units"
    wants = units / "default.target.wants"
    wants.mkdir(parents=True)
    (units / "odc-agent.service").write_text("")
    (wants / "odc-agent.service").symlink_to(units / "odc-agent.service")
    monkeypatch.setattr("agent.autostart.linux._SYSTEM_UNITS", (str(units),))
    assert places() == [str(wants / "odc-agent.service")]
    this_systems_autostart().switch_off()
    assert places() == []
    assert (wants / "odc-agent.service").exists()


@pytest.mark.parametrize("awkward", ["a b", 'a"b', "a$b", "a\\b", "a%b", "a`b", "深圳"])
def test_the_desktop_starts_exactly_the_command(own_folders, system, awkward):
    said = own_folders / "said"
    script = own_folders / "a script"
    script.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {said}\n')
    script.chmod(0o755)
    LinuxAutostart([str(script), awkward]).switch_on()
    file = own_folders / ".config/autostart/odc-agent.desktop"
    launch = (
        "import sys, gi; gi.require_version('Gio', '2.0'); from gi.repository import Gio; "
        "Gio.DesktopAppInfo.new_from_filename(sys.argv[1]).launch([], None)"
    )
    subprocess.run([sys.executable, "-c", launch, str(file)], check=True, timeout=30)
    for _ in range(200):
        if said.exists() and said.read_text():
            break
        subprocess.run(["sleep", "0.05"], check=True)
    assert said.read_text() == awkward
