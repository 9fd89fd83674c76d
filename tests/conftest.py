"""What all tests share: no skips where everything is installed, and desks of their own."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

# Names for what time-stamps hold, before anything here uses asn1crypto's content types: the table that leads
# from names to OIDs is made when it is first used, and later this would add nothing to it.
import asn1crypto.tsp  # noqa: F401
import hypothesis
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from prepared_desk import prepared_desk
from rotation import by_turns

# How long an example takes says something of the machine's load, not of the program.
hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")

collect_ignore_glob = [] if sys.platform == "win32" else ["*_on_windows.py"]
"""What only Windows can show is not collected elsewhere: a skipped test would be a failure."""
NO_SKIPS = bool(os.environ.get("ODC_NO_SKIPS"))
LONGEST_VALUE = 100
"""Characters of a value that may stand in the name of a test."""


def pytest_addoption(parser):
    parser.addoption(
        "--turns",
        type=int,
        default=1,
        help="in how many runs of tests all that take long have had a turn",
    )


def pytest_make_parametrize_id(val, argname):
    """Name a long value by what it is: one that was made at random would be another test on each worker."""
    return argname if isinstance(val, bytes | str) and len(val) > LONGEST_VALUE else None


def pytest_collection_modifyitems(config, items):
    """Keep what is its turn: ``tests/rotation.py``."""
    items[:], left = by_turns(items, config.getoption("--turns"))
    config.hook.pytest_deselected(items=left)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if NO_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be: {report.longrepr}"
    return report


@pytest.fixture
def short_folder():
    """A folder with a short name: socket paths have about 100 bytes, pytest's names are long."""
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture(scope="session")
def prepared():
    """What desks are laid out with: an authority's keys, and an expired token of its own."""
    with prepared_desk() as made:
        yield made


@pytest.fixture
def own_folders(short_folder, monkeypatch):
    """Folders in which nothing of this computer's user is."""
    monkeypatch.setenv("HOME", str(short_folder))
    monkeypatch.setenv("ODC_HOME", str(short_folder / "odc"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_folder))
    for name in ("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "DISPLAY", "WAYLAND_DISPLAY",
                 "DBUS_SESSION_BUS_ADDRESS"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return short_folder
