"""A home and a runtime folder of each test's own."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def runtime(monkeypatch):
    """A runtime folder with a short name: socket paths have about 100 bytes."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="odc-") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv("ODC_HOME", f"{folder}/home")
        yield Path(folder)
