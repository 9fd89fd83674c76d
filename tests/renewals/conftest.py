"""The helpers of certificates and of the sandbox, and a sandbox that runs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))
sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox"))

from renewal_maker import KEY
from sandbox_desk import running_desk

from agent.renewals.vault import Vault


@pytest.fixture
def vault() -> Vault:
    return Vault(KEY)


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """The sandbox's authority, which approves by itself at once."""
    folder = tmp_path_factory.mktemp("desk")
    with running_desk(folder, "--approve-after", "0", "--retry-after", "3") as desk:
        yield desk
