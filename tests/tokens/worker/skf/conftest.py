"""SKF tokens of each test's own, and the driver over them: in this process, or in a worker's."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "sandbox" / "skf_token"))
sys.path.insert(0, str(Path(__file__).parents[3] / "keys"))
sys.path.insert(0, str(Path(__file__).parent))

from skf_bench import SkfBench
from skf_desk import SkfDesk


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    """Our token's library notices at once that a device is gone; this process outlives its login."""
    monkeypatch.setattr("agent.tokens.worker.skf.module._LOOKS", (0.0,))
    monkeypatch.setattr("agent.tokens.worker.skf.clearing.END_SECONDS", 60.0)


@pytest.fixture
def bench(monkeypatch) -> Iterator[SkfBench]:
    """Tokens in a folder; this process is told where."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="odc-skf-") as folder:
        bench = SkfBench(Path(folder))
        monkeypatch.setenv("ODC_SKF_SOCKET", bench.server.address)
        yield bench
        bench.close()


@pytest.fixture
def desk(bench) -> SkfDesk:
    """One token with a pair of each kind, plugged in, and the driver in this process."""
    return SkfDesk(bench)
