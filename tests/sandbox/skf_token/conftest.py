"""SKF tokens, and the library in all shapes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "certificates"))
sys.path.insert(0, str(Path(__file__).parents[2] / "keys"))

from skf_bench import SkfBench
from skf_client import SkfClient

from sandbox.skf_token.building import SHAPES, Shape


@pytest.fixture
def bench(monkeypatch) -> Iterator[SkfBench]:
    """Tokens of this test's own; this process is told where they are."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="odc-skf-") as folder:
        bench = SkfBench(Path(folder))
        monkeypatch.setenv("ODC_SKF_SOCKET", bench.server.address)
        yield bench
        bench.close()


@pytest.fixture(params=SHAPES, ids=lambda shape: shape.name)
def shape(request) -> Shape:
    return request.param


@pytest.fixture
def client(bench, shape) -> SkfClient:
    """A program that has the library loaded, in every shape."""
    return SkfClient(bench.library(shape), shape)
