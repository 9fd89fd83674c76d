"""The helpers of certificates and of the sandbox, and a sandbox that runs."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))
sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tokens"))
sys.path.insert(0, str(Path(__file__).parents[1] / "keys"))
sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox" / "skf_token"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tokens" / "worker" / "skf"))

from broken_server import authority_at, server_identity, serving
from renewal_maker import KEY
from sandbox_desk import running_desk

from agent.renewals.journal.vault import Vault


@pytest.fixture
def vault() -> Vault:
    return Vault(KEY)


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """The sandbox's authority, which approves by itself at once."""
    folder = tmp_path_factory.mktemp("desk")
    with running_desk(folder, "--approve-after", "0", "--retry-after", "3") as desk:
        yield desk


@pytest.fixture
def answering(tmp_path):
    """Give an authority whose server answers with given bytes."""

    @contextlib.asynccontextmanager
    async def started(answered, **identity):
        file = server_identity(tmp_path, **identity)
        with serving(file, answered) as server:
            async with authority_at(server.url, tmp_path) as client:
                client.server = server
                yield client

    return started
