"""Needs /usr/bin/chromium; without it these tests are skipped, and say so."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The fake agent for fault injection lies with the native host's tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "native_host"))
sys.path.insert(0, str(Path(__file__).parents[1] / "journey"))
sys.path.insert(0, str(Path(__file__).parent))

from chromium import CHROMIUM, Desk, portal_server, short_folder


@pytest.fixture
def desk():
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with short_folder() as folder:
        yield Desk(folder)


@pytest.fixture
def portal():
    with portal_server() as address:
        yield address
