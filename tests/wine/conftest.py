"""A Windows in each language for each file of tests, and the assembled programs, once for all of them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from installing import Machine
from machine import Language, running
from parts import ROOT, interpreter, why_not_here

sys.path.append(str(ROOT / "installer" / "windows"))

from launchers.build import PROGRAMS

LANGUAGES = [
    # What the files that ask for both share is one Windows for each language and file.
    pytest.param(language, id=language.name.lower(), marks=pytest.mark.xdist_group(language.name))
    for language in Language
]


def pytest_collection_modifyitems(items):
    """Give each the time that the first has to make what all need, on a machine that is busy."""
    here = [item for item in items if item.path.is_relative_to(Path(__file__).parent)]
    for item in here:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="session", autouse=True)
def _here():
    reason = why_not_here()
    assert reason is None, f"No Windows programs here: {reason}."


@pytest.fixture(scope="session")
def display():
    """A screen of its own."""
    command = ("Xvfb", "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        try:
            yield f":{server.stdout.readline().decode().strip()}"
        finally:
            server.terminate()


@pytest.fixture(scope="module", params=LANGUAGES)
def windows(request, display):
    """A Windows of the file's own."""
    with another_windows(request.param, display) as found:
        yield found


@contextlib.contextmanager
def another_windows(language, display):
    """Lay a Windows out for a block."""
    with (
        tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name,
        running(Path(name), language, DISPLAY=display) as windows,
    ):
        yield windows


@pytest.fixture
def english(display):
    """An English Windows of one test's own."""
    with another_windows(Language.ENGLISH, display) as windows:
        yield windows


@pytest.fixture
def chinese(display):
    """A Chinese Windows of one test's own."""
    with another_windows(Language.CHINESE, display) as windows:
        yield windows


def assemble(folder):
    """Have the folder of programs made, as ``make windows`` does."""
    command = [sys.executable, ROOT / "installer/windows/assemble.py", interpreter(), folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """The folder of programs, made by whoever is the first to want it; or one that is there already."""
    if "ODC_WINE_PROGRAMS" in os.environ:
        return Path(os.environ["ODC_WINE_PROGRAMS"])
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    folder = common / "odc-agent"
    with (common / "programs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            assemble(folder)
    return folder


@pytest.fixture
def few(programs, tmp_path):
    """A folder of few of the programs."""
    folder = tmp_path / "few"
    folder.mkdir()
    for program in PROGRAMS:
        shutil.copy2(programs / program.name, folder)
    return folder


@pytest.fixture
def machine(chinese):
    return Machine(chinese)
