"""Tokens, certificates and who types PINs, as the tests of tokens have them; an SM2 key in software."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "tokens"))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))
sys.path.insert(0, str(Path(__file__).parents[1] / "keys"))
sys.path.insert(0, str(Path(__file__).parent))

from sm2_key import Sm2Key, sm2_signer
from soft_token import SoftTokens


@pytest.fixture
def tokens(tmp_path, own_folders) -> SoftTokens:
    """SoftHSM with one token."""
    tokens = SoftTokens(tmp_path / "hsm")
    tokens.initialise()
    return tokens


@pytest.fixture(scope="session")
def sm2(tmp_path_factory):
    return sm2_signer(Sm2Key.new(), tmp_path_factory.mktemp("sm2"))
