"""Unit tests by pytest in Windows' own Python, in each language: its own, and those of every system."""

from __future__ import annotations

import pytest
from parts import ROOT

pytestmark = [pytest.mark.wine, pytest.mark.timeout(400)]

EVERYWHERE = (
    "tests/cli/test_output.py",
    "tests/ground/test_bus.py", "tests/ground/test_framing.py", "tests/ground/test_guessed_text.py",
    "tests/ground/test_streams.py", "tests/native_host/test_packed.py",
    "tests/settings/test_config.py", "tests/settings/test_configured_language.py",
    "tests/settings/test_reading_settings.py",
    "tests/settings/test_rollout.py", "tests/settings/test_site_patterns.py",
    "tests/system/test_consoles.py", "tests/system/test_folders.py", "tests/system/test_lock.py",
    "tests/system/test_logs.py",
)  # fmt: skip
"""Tests that are of every system."""
SECONDS = 300


def test_they_pass_there(windows):
    of_windows = [
        str(file.relative_to(ROOT)) for file in ROOT.glob("tests/**/test_*_on_windows.py")
    ]
    done = windows.run(
        windows.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "60",
        *sorted(of_windows), *EVERYWHERE, cwd=ROOT, limit=SECONDS,
    )  # fmt: skip
    said = done.stdout.decode(windows.encoding, "replace")
    assert done.returncode == 0, said
    assert " skipped" not in said, said
