"""The helpers beside these tests, and BouncyCastle as a peer."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[3] / "keys"))

from bouncy_castle import BouncyCastle


@pytest.fixture(scope="session")
def bouncy_castle(tmp_path_factory):
    with BouncyCastle.started(tmp_path_factory.mktemp("bouncy castle")) as peer:
        yield peer
