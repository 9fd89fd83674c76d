"""Folders of a user and an administrator."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# How editors save files.
sys.path.insert(0, str(Path(__file__).parents[1] / "ground"))

from agent.system.paths import Paths


@pytest.fixture
def paths(short_folder, monkeypatch) -> Paths:
    """User and administrator have folders of their own."""
    monkeypatch.setenv("HOME", str(short_folder))
    for name in ("XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "ODC_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(short_folder / "system"))
    user, admin = short_folder / "user", short_folder / "admin"
    for folder in (user, admin):
        folder.mkdir()
    return Paths(config=user, data=user / "data", logs=user / "logs", policy=admin)
