"""A user's folders of each test's own, with a short name for the sockets."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "installer"))


@pytest.fixture
def environment(short_folder):
    """The environment of an agent without a desktop whose service manager is the test."""
    variables = {**os.environ, "ODC_HOME": str(short_folder / "home"), "LANG": "C.UTF-8"}
    variables["XDG_RUNTIME_DIR"] = str(short_folder)
    (short_folder / "home").mkdir()
    # No driver of this machine: what is tested is the start.
    (short_folder / "home" / "config.toml").write_text("discover_modules = false\n")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        variables.pop(name, None)
    return variables
