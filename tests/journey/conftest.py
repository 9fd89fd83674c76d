"""A whole desk for each test: real authority, real token, real agent, in processes of their own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The desktop of the tray's own tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "desktop"))
# Looking into processes.
sys.path.insert(0, str(Path(__file__).parents[1] / "tokens"))

from sandbox.desk import Desk
from sandbox.dossier import write_sample_dossier


@pytest.fixture
def environment(short_folder):
    runtime = short_folder / "run"
    runtime.mkdir(mode=0o700)
    return {"XDG_RUNTIME_DIR": str(runtime), "ODC_LANGUAGE": "zh_CN"}


@pytest.fixture
def desk(short_folder, environment):
    """A desk with an expired token and a configured agent that does not run yet."""
    folder = short_folder / "odc"
    folder.mkdir()
    with Desk(folder, environment=environment) as desk:
        running = desk.start_authority("--approve-after", "0.2", "--retry-after", "1")
        desk.authority_url = running.url
        desk.issued = desk.issue_token("--expired-days", "961")
        write_sample_dossier(desk.dossier)
        desk.configure_agent(running.url, extra="[reminders]\nnotifications = false\n")
        yield desk
