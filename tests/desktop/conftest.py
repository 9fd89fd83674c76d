from __future__ import annotations

import contextlib
import functools
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "renewals"))

from display import desktop, missing_programs, start_daemon
from notice_desk import Daemon
from window_desk import managed_screen

from agent.api.methods.control import PlaceParams
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.server import Server


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


@pytest.fixture
def no_panel(own_environment):
    """Desktops without a panel, one for each daemon's name that is asked for."""
    if missing := missing_programs():
        pytest.skip(f"needs {', '.join(missing)}")
    with contextlib.ExitStack() as stack:

        def start(daemon):
            running = stack.enter_context(desktop(panel=False, notifications=""))
            own_environment({**running.environment, "ODC_LANGUAGE": "zh_CN"})
            return running, Daemon(functools.partial(start_daemon, stack, running, daemon))

        yield start


@pytest.fixture
def screen(own_environment):
    with managed_screen() as running:
        own_environment(running.environment)
        yield running


@pytest.fixture
async def server():
    """The real API without the agent's parts: a window asks, and is refused what is not there."""

    async def subscribe(_call: Call, _params: NoParams) -> dict[str, str]:
        return {}

    async def placed(call: Call, params: PlaceParams) -> dict[str, str]:
        for windows in running.hearing:
            windows.placed(call.connection, (params.x, params.y, params.width, params.height))
        return {}

    registry = Registry()
    registry.add("events.subscribe", NoParams, subscribe, Role.CONTROL)
    registry.add("windows.came_forward", NoParams, subscribe, Role.CONTROL)
    registry.add("windows.placed", PlaceParams, placed, Role.CONTROL)
    running = Server(registry)
    running.hearing = []
    yield running
    await running.close()
