"""Tokens and runtime folders of each test's own."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))

from soft_token import SoftTokens


@pytest.fixture(autouse=True)
def runtime(monkeypatch):
    """A runtime folder with a short name: socket paths have about 100 bytes."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="odc-") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv("ODC_HOME", f"{folder}/home")
        yield Path(folder)


@pytest.fixture
def tokens(tmp_path) -> SoftTokens:
    """SoftHSM with one token."""
    tokens = SoftTokens(tmp_path / "hsm")
    tokens.initialise()
    return tokens
