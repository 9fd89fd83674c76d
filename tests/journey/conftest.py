"""A whole desk for each test: real authority, real token, real agent, in processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# The desktop of the tray's own tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "desktop"))
# A token that speaks SKF.
sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox" / "skf_token"))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))
sys.path.insert(0, str(Path(__file__).parents[1] / "keys"))
# Looking into processes.
sys.path.insert(0, str(Path(__file__).parents[1] / "tokens"))

from prepared_desk import NOBODY
from terminal import Terminal

from sandbox.desk.desk import Desk

NO_NOTICES = "[reminders]\nnotifications = false\n"


@pytest.fixture
def environment(short_folder):
    runtime = short_folder / "run"
    runtime.mkdir(mode=0o700)
    return {"XDG_RUNTIME_DIR": str(runtime), "ODC_LANGUAGE": "zh_CN"}


@pytest.fixture
def lonely_desk(short_folder, environment, prepared):
    """A desk with an expired token and a configured agent, no authority; neither runs.

    A module whose tests ask no authority has it as its ``desk``.
    """
    folder = short_folder / "odc"
    folder.mkdir()
    with Desk(folder, environment=environment) as desk:
        desk.issued = prepared.lay_out(desk)
        desk.configure_agent(NOBODY, extra=NO_NOTICES)
        yield desk


@pytest.fixture
def answered(lonely_desk):
    """The desk's authority runs."""
    url = lonely_desk.start_authority("--approve-after", "0.2", "--retry-after", "1").url
    lonely_desk.authority_url = url
    lonely_desk.configure_agent(url, extra=NO_NOTICES)


@pytest.fixture
def desk(lonely_desk, answered):
    """A desk with all of it: authority, token, and the agent's configuration."""
    return lonely_desk


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
        desk.configure_agent(url, extra=NO_NOTICES)

    return start
