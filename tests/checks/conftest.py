"""A computer to be checked: folders of its own, tokens in SoftHSM, and whatever is broken for real."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tokens"))
sys.path.insert(0, str(Path(__file__).parents[1] / "renewals"))

from check_desk import CheckDesk
from soft_token import SoftTokens


@pytest.fixture
async def desk(own_folders):
    """A computer without a token driver."""
    async with CheckDesk() as desk:
        yield desk


@pytest.fixture
def tokens(tmp_path):
    tokens = SoftTokens(tmp_path / "hsm")
    tokens.initialise()
    return tokens


@pytest.fixture
async def token_desk(own_folders, tokens):
    """A computer with a SoftHSM token plugged in."""
    async with CheckDesk(tokens.settings) as desk:
        yield desk
