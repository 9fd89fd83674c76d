"""The start at login on Linux: exactly one way, and switched off as well as on."""

from __future__ import annotations

import itertools
import plistlib
import subprocess
import sys

import pytest

from agent.system.autostart import macos, this_systems_autostart
from agent.system.autostart.linux import LinuxAutostart
from agent.system.autostart.macos import LaunchAgent
from agent.system.autostart.windows import program_of


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


class Everybody:
    """What a package puts there for everybody: a file, a unit, and the program both start."""

    def __init__(self, folder, file):
        self.file = file
        self.units = folder / "units"
        self.wanted = self.units / "default.target.wants" / "odc-agent.service"
        self.wanted.parent.mkdir(parents=True)
        (self.units / "odc-agent.service").write_text("")
        program = folder / "usr" / "at-login"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        self.program = program
        self.autostart = LinuxAutostart(["/opt/agent", "run"], program.parent)
        file.write_text(f"[Desktop Entry]\nExec={program}\n")

    def enable_unit(self):
        self.wanted.symlink_to(self.units / "odc-agent.service")


@pytest.fixture
def everybody(own_folders, system, monkeypatch):
    made = Everybody(own_folders, system)
    monkeypatch.setattr("agent.system.autostart.linux._SYSTEM_UNITS", (str(made.units),))
    return made


ORDERS = [
    order for length in range(1, 5) for order in itertools.product(("on", "off"), repeat=length)
]


@pytest.mark.parametrize("has_unit", [False, True])
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_in_every_order_the_package_starts_the_agent_once_or_not_at_all(everybody, has_unit, order):
    if has_unit:
        everybody.enable_unit()
    for step in order:
        getattr(everybody.autostart, f"switch_{step}")()
        found = [str(everybody.file)] if step == "on" else []
        assert places(everybody.autostart) == found, "through the package's own start"


def test_another_installation_than_the_packages_is_started_in_its_place(everybody, own_folders):
    LinuxAutostart([sys.executable, "run"], own_folders / "other").switch_on()
    assert places() == [str(own_folders / ".config/autostart/odc-agent.desktop")]


def test_a_unit_that_is_on_is_enough_where_no_file_is_installed(everybody):
    everybody.file.unlink()
    everybody.enable_unit()
    for switch in ("on", "off", "on"):
        getattr(everybody.autostart, f"switch_{switch}")()
        assert places(everybody.autostart) == ([str(everybody.wanted)] if switch == "on" else [])


def test_what_the_user_switched_off_stays_off_when_the_package_is_upgraded(everybody):
    everybody.enable_unit()
    everybody.autostart.switch_off()
    everybody.file.write_text(f"[Desktop Entry]\nExec={everybody.program}\nTryExec=sh\n")
    (everybody.units / "odc-agent.service").write_text("[Service]\n")
    assert places(everybody.autostart) == []


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
    monkeypatch.setattr("agent.system.autostart.linux._SYSTEM_UNITS", (str(units),))
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


@pytest.fixture
def launchd(tmp_path, monkeypatch):
    """The files of macOS' launchd, which are files here, too: this user's, and everybody's."""
    monkeypatch.setenv("HOME", str(tmp_path))
    everybodys = tmp_path / "Library of all" / "org.odc.agent.plist"
    monkeypatch.setattr(macos, "_FOR_EVERYBODY", everybodys)
    return LaunchAgent([sys.executable, "run"]), tmp_path / "Library/LaunchAgents", everybodys


def test_macos_starts_it_by_a_file_of_the_users_own(launchd):
    agent, folder, _ = launchd
    assert agent.ways() == []
    agent.switch_on()
    [way] = agent.ways()
    assert way.is_right
    assert way.place == str(folder / "org.odc.agent.plist")
    agent.switch_off()
    assert agent.ways() == []


def test_macos_does_not_start_twice_what_a_package_starts_for_everybody(launchd):
    agent, folder, everybodys = launchd
    agent.switch_on()
    everybodys.parent.mkdir()
    everybodys.write_bytes(plistlib.dumps({"ProgramArguments": [sys.executable, "run"]}))
    assert len(agent.ways()) == 2
    agent.switch_on()
    assert [way.place for way in agent.ways()] == [str(everybodys)]
    everybodys.write_bytes(plistlib.dumps({"ProgramArguments": ["/gone/odc-agent", "run"]}))
    agent.switch_on()
    assert {way.place for way in agent.ways() if way.is_right} == {str(folder / everybodys.name)}


@pytest.mark.parametrize(
    ("command", "program"),
    [
        (r'"C:\Program Files\odc\odc-agent.exe" run', r"C:\Program Files\odc\odc-agent.exe"),
        (r"C:\odc\pythonw.exe -I C:\odc\start_module.py agent.cli run", r"C:\odc\pythonw.exe"),
        (r'C:\odc\pythonw.exe -I "C:\a b\start_module.py"', r"C:\odc\pythonw.exe"),
        ("", ""),
        ('"', ""),
    ],
)  # fmt: skip
def test_the_program_of_a_command_line_of_windows(command, program):
    assert program_of(command) == program
