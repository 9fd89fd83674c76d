"""A package that cannot be installed says why, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from boxes import shown
from installing import CHROME, QUIET, package, said_in
from parts import ROOT

from agent import __version__

sys.path.append(str(ROOT / "installer" / "windows"))

from tables import NO_RIGHT_ACTION
from wxs import RUN_KEY, WORDS, Tongue

pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("packages"), pytest.mark.timeout(400)]

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="mounting needs root")


def assert_refused(machine, msi, log):
    """Install in silence, see that nothing came of it, and return what the log says."""
    windows = machine.windows
    before = machine.files()
    arguments = ("/i", windows.path(msi), QUIET, "/l*v", windows.path(log))
    assert machine.msiexec(*arguments) != 0
    assert machine.files() == before
    assert windows.registry("HKEY_LOCAL_MACHINE", CHROME) is None
    assert windows.registry("HKEY_LOCAL_MACHINE", RUN_KEY, "odc-agent") is None
    assert machine.menu() == []
    return said_in(log)


def test_where_the_folder_cannot_be_made(machine, few, tmp_path):
    machine.program.write_bytes(b"in the way")
    msi = package(few, tmp_path, __version__, "machine-zh")
    assert "odc-agent" in assert_refused(machine, msi, tmp_path / "setup.log")


@needs_root
def test_where_one_may_not_write_to_program_files(machine, few, tmp_path):
    msi = package(few, tmp_path, __version__, "machine-zh")
    programs = machine.program.parent
    for folder in programs.iterdir():
        shutil.rmtree(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "disk", programs], check=True)
    try:
        assert "odc-agent" in assert_refused(machine, msi, tmp_path / "setup.log")
    finally:
        subprocess.run(["umount", "-l", programs], check=True)


def test_windows_is_told_how_much_room_a_package_takes(few, tmp_path):
    """It asks for that before it writes anything; Wine writes what it can and says that all is well."""
    msi = package(few, tmp_path, __version__, "machine-zh")
    rows = [line.split("\t") for line in exported(msi, "File").splitlines()]
    size = rows[0].index("FileSize")
    assert sorted(int(row[size]) for row in rows[3:]) == sorted(
        f.stat().st_size for f in few.iterdir()
    )
    actions = [line.split("\t")[0] for line in exported(msi, "InstallExecuteSequence").splitlines()]
    assert {"CostInitialize", "FileCost", "CostFinalize", "InstallValidate"} <= set(actions)


def exported(msi, table):
    command = ["msiinfo", "export", msi, table]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout


@pytest.mark.parametrize("tongue", list(Tongue))
def test_who_is_no_administrator_is_told_of_the_other_package(machine, few, tmp_path, tongue):
    """Wine takes everybody for an administrator, so the condition is turned round; it logs no sentences."""
    msi = package(few, tmp_path, __version__, f"machine-{tongue.value}")
    where = f"WHERE `Action` = '{NO_RIGHT_ACTION}'"
    turned = f"UPDATE `InstallExecuteSequence` SET `Condition` = 'Privileged' {where}"
    subprocess.run(["msibuild", msi, "-q", turned], check=True)
    assert_refused(machine, msi, tmp_path / "setup.log")
    windows = machine.windows
    said = shown(windows, "msiexec", "/i", windows.path(msi), QUIET, "/qb")
    assert WORDS["no right"][tongue] in said
    assert not machine.program.exists()
