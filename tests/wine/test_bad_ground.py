"""Programs on bad ground: files that are missing, nobody to read what is said."""

from __future__ import annotations

import os
import shutil

import pytest
from boxes import shown
from conftest import another_windows
from machine import Language

pytestmark = [pytest.mark.wine, pytest.mark.timeout(400), pytest.mark.xdist_group("ground")]

SECONDS = 120
RUNTIME = {"WINEDLLOVERRIDES": "vcruntime140=n"}
"""Wine has a runtime of its own, which Windows has not."""


@pytest.fixture(scope="module")
def windows(display):
    """A Chinese Windows of the file's own: what is said in both languages is said in either."""
    with another_windows(Language.CHINESE, display) as found:
        yield found


@pytest.fixture
def folder(programs, windows):
    """The programs as they are installed, of which a test may take something away."""
    place = windows.drive / "programs"
    shutil.copytree(programs, place, copy_function=os.link)
    yield place
    shutil.rmtree(place)


@pytest.mark.parametrize("missing", ["python311.dll", "vcruntime140.dll", "python311.zip", "lib"])
def test_a_program_says_which_file_is_missing(windows, folder, missing):
    gone = folder / missing
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    done = windows.run(folder / "odc-agent.com", "--version", env=RUNTIME)
    said = done.stderr.decode("utf-8")
    assert done.returncode == 1, said
    for words in ("Visual C++", "请重新安装", "python311.dll" if ".dll" in missing else missing):
        assert words in said


@pytest.mark.parametrize("missing", ["vcruntime140.dll", "lib"])
def test_a_click_says_it_in_a_box(windows, folder, missing):
    gone = folder / missing
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    assert "请重新安装" in shown(windows, folder / "odc-agent.exe", **RUNTIME)


def test_a_part_that_does_not_load_is_named(windows, folder):
    [gone] = folder.glob("lib/msgspec/_core*.pyd")
    gone.unlink()
    done = windows.run(folder / "odc-agent.com", "status")
    said = done.stderr.decode("utf-8" if b"\xe8\xaf\x81" in done.stderr else windows.encoding)
    assert done.returncode == 1, said
    assert "msgspec._core" in said
    assert "Traceback" not in said
    assert "msgspec._core" in shown(windows, folder / "odc-agent.exe")


def test_no_box_of_the_systems_speaks_for_a_program(windows, folder):
    """SEM_FAILCRITICALERRORS and SEM_NOOPENFILEERRORBOX, in the program and in its children."""
    code = "import _winapi, ctypes; print(ctypes.windll.kernel32.GetErrorMode())"
    done = windows.run(folder / "odc-agent.com", "-I", "-c", code)
    assert int(done.stdout) & 0x8001 == 0x8001


def test_what_a_click_asks_for_and_cannot_be_had_is_said_in_a_box(windows, folder):
    home = windows.path(windows.drive / "no-home")
    said = shown(windows, folder / "odc-agent.exe", ODC_HOME=home, ODC_NO_START="1")
    assert "请运行 odc-agent run" in said


def test_programs_of_another_width_are_ended_too(windows, folder):
    below = folder / "x86"
    below.mkdir()
    for file in folder.iterdir():
        if file.is_file():
            os.link(file, below / file.name)
    (below / "lib/agent").mkdir(parents=True)
    (below / "lib/agent/__init__.pyc").touch()
    waits = "print('here', flush=True); import time; time.sleep(600)"
    with windows.start(below / "odc-agent.com", "-I", "-c", waits) as process:
        assert process.stdout.readline().strip() == b"here"
        assert windows.run_unheard(folder / "odc-agent.exe", "--end-others") == 0
        process.wait(SECONDS)


def test_a_folder_whose_path_is_long_is_said_to_be_that(windows, folder):
    """Under Wine, too, the interpreter does not find its own files there."""
    place = windows.drive.joinpath(*["很深的文件夹 deep" * 2] * 12)
    place.mkdir(parents=True)
    for file in folder.iterdir():
        if file.is_file():
            os.link(file, place / file.name)
    done = windows.run(place / "odc-agent.com", "--version")
    assert done.returncode == 1
    said = done.stderr.decode("utf-8")
    assert "路径过长" in said
    assert "too long" in said
