"""The desk that is worn, and how long; see docs/architecture/soak.md."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "desktop"))
sys.path.insert(0, str(Path(__file__).parents[1] / "journey"))

from soak_desk import soak_desk

from sandbox.usb_token import own_pcscd


@pytest.fixture
def worn(short_folder):
    """A desk with an agent that has all the loads can use."""
    reason = own_pcscd.missing()
    if reason:
        pytest.skip(reason)
    with soak_desk(short_folder) as desk:
        yield desk
