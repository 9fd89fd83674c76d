from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from host_process import user


@pytest.fixture
def environment():
    with user() as variables:
        yield variables
