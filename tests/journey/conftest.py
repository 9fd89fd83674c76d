"""A whole desk for each test: real authority, real token, real agent, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# The desktop of the tray's own tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "desktop"))
# Looking into processes.
sys.path.insert(0, str(Path(__file__).parents[1] / "tokens"))

from terminal import Terminal

from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import Desk


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


@pytest.fixture
def odc_agent(desk):
    """Runs one command to its end; an agent it started ends with the test."""

    def run(*arguments, stdin="", language="zh_CN"):
        return subprocess.run(
            [sys.executable, "-m", "agent.cli", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            env={**desk.environment, "ODC_LANGUAGE": language},
            check=False,
        )

    yield run
    run("quit")


@pytest.fixture
def terminal(desk):
    """Runs commands in terminals; they are over with the test."""
    open_ones = []

    def run(*arguments):
        opened = Terminal([sys.executable, "-m", "agent.cli", *arguments], desk.environment)
        open_ones.append(opened)
        return opened

    yield run
    for opened in open_ones:
        opened.__exit__()


@pytest.fixture
def authority(desk):
    """Starts the desk's authority anew with other options; before the agent is started."""

    def start(*options):
        desk.end(desk.processes.pop(0))
        url = desk.start_authority("--retry-after", "1", *options).url
        desk.configure_agent(url, extra="[reminders]\nnotifications = false\n")

    return start
