"""The faulty module, built once, and tokens behind it; no worker may outlive a test."""

from __future__ import annotations

import itertools
import re
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tokens"))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))

from faulty_bench import Bench, build, fill, workers_of
from soft_token import LABEL, SoftTokens

from agent.tokens.model import ModuleSettings, TokenReference


@pytest.fixture(scope="session")
def library(tmp_path_factory) -> Path:
    """The faulty module, in a folder of this run's own."""
    return build(tmp_path_factory.mktemp("faulty"))


@pytest.fixture(scope="session")
def filled(tmp_path_factory) -> Path:
    """A SoftHSM store to copy: a token with a key pair and its certificate."""
    folder = tmp_path_factory.mktemp("filled")
    tokens = SoftTokens(folder / "hsm")
    fill(tokens, folder)
    return tokens.store


@pytest.fixture(autouse=True)
def runtime(monkeypatch):
    """A runtime folder with a short name: socket paths have about 100 bytes."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="odc-") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", folder)
        monkeypatch.setenv("ODC_HOME", f"{folder}/home")
        yield Path(folder)


@pytest.fixture(autouse=True)
def no_worker_is_left(library):
    """No test leaves more workers than it found: those of an inventory that lasts longer."""
    before = len(workers_of(library))
    yield
    # One that was told to end may not have been given a processor for it yet.
    deadline = time.monotonic() + 20
    while len(workers_of(library)) > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(workers_of(library)) <= before


@pytest.fixture(scope="session", autouse=True)
def no_worker_is_left_at_the_end(library):
    yield
    assert workers_of(library) == []


@pytest.fixture
def make_bench(library, filled, tmp_path):
    """Makes any number of benches that know nothing of each other."""
    numbers = itertools.count()
    return lambda: Bench(library, tmp_path / f"bench{next(numbers)}", filled)


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench()


@pytest.fixture(scope="session")
def sound(tmp_path_factory) -> ModuleSettings:
    """Settings of SoftHSM itself, with another token of the same label."""
    tokens = SoftTokens(tmp_path_factory.mktemp("sound") / "hsm")
    tokens.initialise()
    return tokens.settings


@pytest.fixture(scope="session")
def reference(library, filled, tmp_path_factory) -> TokenReference:
    """The name of the token on every bench: copies of one store."""
    bench = Bench(library, tmp_path_factory.mktemp("reference") / "bench", filled)
    shown = bench.tokens._run("softhsm2-util", "--show-slots")
    serial = re.search(r"Serial number:\s+(\w{16})", shown)[1]
    return TokenReference(module=str(library), serial=serial, label=LABEL)
