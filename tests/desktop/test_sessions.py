"""The real agent in a user's sessions: it is on the screen that was logged in on last, and only there."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
from display import desktop, eventually, missing_programs

START = [sys.executable, "-P", "-m", "agent.cli", "run", "--replace"]
LIMIT = 60

pytestmark = pytest.mark.skipif(
    bool(missing_programs()), reason=f"needs {', '.join(missing_programs())}"
)


@pytest.fixture
def user(short_folder):
    """What all sessions of a user share."""
    home = short_folder / "home"
    home.mkdir()
    (home / "config.toml").write_text("discover_modules = false\n")
    return {"ODC_HOME": str(home), "XDG_RUNTIME_DIR": str(short_folder), "ODC_NO_START": "1"}


@contextlib.contextmanager
def session(user):
    """A screen with a panel, and the agent that its login starts."""
    with desktop() as screen, subprocess.Popen(START, env={**screen.environment, **user}) as agent:
        try:
            assert eventually(screen.tray_items), "the tray is seen"
            yield screen, agent
        finally:
            agent.terminate()


def test_a_second_session_of_the_same_user_takes_the_agent_over(user):
    with session(user) as (first, earlier), session(user) as (_second, _later):
        assert earlier.wait(LIMIT) == 0, "ended in order"
        assert eventually(lambda: not first.tray_items())


def test_an_agent_whose_display_has_gone_comes_back_at_the_next_login(user):
    with session(user) as (first, earlier):
        first.server.kill()
        first.server.wait()
        status = [sys.executable, "-P", "-m", "agent.cli", "status"]
        asked = subprocess.run(
            status, env={**first.environment, **user}, check=False, timeout=LIMIT
        )
        assert asked.returncode == 0, "it goes on without a screen"
        with session(user) as (_next, later):
            assert earlier.wait(LIMIT) == 0
            assert later.poll() is None
