"""The helpers of certificates, an SM2 signer, and BouncyCastle as a peer.

Needs openssl, ecj and libbcpkix-java.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))

from bouncy_castle import BouncyCastle
from sm2_key import Signer, Sm2Key, sm2_signer


@pytest.fixture(scope="session")
def sm2_key() -> Sm2Key:
    return Sm2Key.new()


@pytest.fixture(scope="session")
def sm2(sm2_key, tmp_path_factory) -> Signer:
    """An SM2 key and a certificate for it, by openssl."""
    return sm2_signer(sm2_key, tmp_path_factory.mktemp("sm2"))


@pytest.fixture(scope="session")
def bouncy_castle(tmp_path_factory):
    with BouncyCastle.started(tmp_path_factory.mktemp("bouncy castle")) as peer:
        yield peer
