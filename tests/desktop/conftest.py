from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "renewals"))

from display import desktop, missing_programs


@pytest.fixture
def own_environment(monkeypatch):
    """Let a test set this process's variables as a whole."""

    def become(environment):
        for name in set(os.environ) - set(environment):
            # pytest keeps these for itself.
            if not name.startswith("PYTEST"):
                monkeypatch.delenv(name)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return become


@pytest.fixture
def desk(own_environment):
    """A desktop of its own, on which this process is too."""
    if missing := missing_programs():
        pytest.skip(f"needs {', '.join(missing)}")
    with desktop() as running:
        own_environment({**running.environment, "ODC_LANGUAGE": "zh_CN"})
        yield running
