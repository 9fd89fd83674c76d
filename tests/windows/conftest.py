from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path

import pytest

# Before Qt is loaded: these windows need no screen.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))

from PySide6.QtWidgets import QApplication
from stage import Stage

from agent.ground.language import Language
from agent.system.runtime import CONTROL_SOCKET, runtime_folder
from agent.system.starting import connect
from agent.windows.link import Link
from agent.windows.process import open_window
from agent.windows.style import STYLE, dress
from agent.windows.window import Context
from agent.windows.words import Words
from sandbox.desk.desk import Desk


@pytest.fixture(scope="session")
def qapp_cls():
    class DressedApplication(QApplication):
        def __init__(self, arguments):
            super().__init__([*arguments, *STYLE])
            dress(self)

    return DressedApplication


@pytest.fixture(autouse=True)
def garbage_by_qts_thread():
    """No other thread destroys Qt's objects.

    The stage's did, come upon them by its own allocations: it waited for the interpreter with a lock of Qt's
    for which the window's thread waited with the interpreter, for good.
    """
    gc.disable()
    yield
    gc.collect(0)
    gc.enable()


@pytest.fixture
def stage():
    """An agent whose answers the test gives."""
    running = Stage()
    yield running
    running.close()


@pytest.fixture(scope="module")
def desk():
    """A real agent with a real software token that expired 961 days ago."""
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        environment = {"XDG_RUNTIME_DIR": str(runtime), "ODC_LANGUAGE": "zh_CN"}
        with Desk(folder, environment=environment) as running:
            url = running.start_authority().url
            running.issue_token("--expired-days", "961")
            running.configure_agent(url, extra="[reminders]\nnotifications = false\n")
            running.start_agent("--no-tray")
            yield running


@pytest.fixture
def window_of(qtbot):
    """Open windows of a stage or of a desk's agent; they are closed with the test."""

    def opened(name, agent, subject="", language=Language.ZH, *, shown=True):
        if isinstance(agent, Stage):
            connection = agent.connect()
        else:
            folder = runtime_folder(agent.environment)
            connection = connect(CONTROL_SOCKET, start=False, folder=folder)
        link = Link(connection)
        window = open_window(name, Context(link, Words(language)), subject)
        qtbot.addWidget(window, before_close_func=lambda _: link.close())
        if shown:
            window.show()
        return window

    return opened
