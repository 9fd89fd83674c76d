"""A server of the local API over real sockets, and clients of it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))
sys.path.insert(0, str(Path(__file__).parents[1] / "keys"))
sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox" / "skf_token"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tokens"))
sys.path.insert(0, str(Path(__file__).parents[1] / "windows"))

from api_desk import ApiDesk
from soft_token import SoftTokens


@pytest.fixture
def runtime(monkeypatch):
    """A home, and a runtime folder with a short name: socket paths have about 100 bytes."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="odc-") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv("ODC_HOME", f"{folder}/home")
        for display in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(display, raising=False)  # no terminal is opened by a test
        yield Path(folder)


@pytest.fixture
async def desk(runtime):
    """The agent's API without a token."""
    async with ApiDesk(runtime / "home") as desk:
        yield desk


@pytest.fixture
def tokens(tmp_path) -> SoftTokens:
    tokens = SoftTokens(tmp_path / "hsm")
    tokens.initialise()
    return tokens


@pytest.fixture
async def token_desk(runtime, tokens):
    """The agent's API with SoftHSM plugged in."""
    async with ApiDesk(runtime / "home", tokens.settings) as desk:
        yield desk


@pytest.fixture
async def user(desk):
    """The user's own tool, there to answer: where it is, questions wait for it."""
    peer = await desk.control()
    await peer.result("consent.attend")
    return peer
