"""软件升级 in the window 关于我们: a real agent asks a real repository."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from agent import __version__
from agent.updates.model import Release
from sandbox.commands.updates import _Handler, server
from sandbox.desk.desk import Desk
from sandbox.desk.update_repository import UpdateRepository

SECONDS = 60_000
PACKAGE = bytes(range(256)) * 1024


class Publisher:
    """An agent, and the repository it asks."""

    def __init__(self, desk, repository, serving):
        self.desk, self.repository, self.serving = desk, repository, serving

    def publish(self, version):
        package = self.desk.folder / f"odc-agent_{version}.deb"
        package.write_bytes(PACKAGE)
        notes = {"zh_CN": "<b>更快</b>", "en": "<b>faster</b>"}
        self.repository.publish(Release(version=version, notes=notes), package)

    def go_away(self):
        self.serving.shutdown()
        self.serving.server_close()


@pytest.fixture
def publisher():
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        repository = UpdateRepository(Path(name) / "repository")
        repository.create()
        environment = {"XDG_RUNTIME_DIR": str(runtime), "ODC_LANGUAGE": "zh_CN"}
        with (
            server(repository, 0) as serving,
            Desk(folder, environment=environment) as desk,
        ):
            threading.Thread(target=serving.serve_forever, daemon=True).start()
            (folder / "config.toml").write_text(
                f'[updates]\nurl = "http://127.0.0.1:{serving.server_port}"\n'
                f'root = "{repository.root}"\n'
            )
            desk.start_agent("--no-tray")
            yield Publisher(desk, repository, serving)
            serving.shutdown()


class Installer(QObject):
    """Stands where the desktop's would be called."""

    def __init__(self):
        super().__init__()
        self.opened = []

    @Slot(QUrl)
    def open(self, url):
        self.opened.append(Path(url.toLocalFile()))


@pytest.fixture
def installer():
    opening = Installer()
    QDesktopServices.setUrlHandler("file", opening, "open")
    yield opening
    QDesktopServices.unsetUrlHandler("file")


def test_a_newer_version_is_looked_for_downloaded_and_opened(
    publisher, installer, window_of, qtbot
):
    # 软件升级 of the toolbar: looked for at once.
    card = window_of("about", publisher.desk, "updates").updates
    newest = f"已是最新版本({__version__})。"
    qtbot.waitUntil(lambda: card.text.text() == newest, timeout=SECONDS)
    assert not card.download.isVisible()
    publisher.publish("9.0.0")
    qtbot.mouseClick(card.check, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(card.download.isVisible, timeout=SECONDS)
    assert "9.0.0" in card.text.text()
    assert card.notes.text() == "<b>更快</b>"
    assert card.notes.textFormat() is Qt.TextFormat.PlainText
    qtbot.mouseClick(card.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: installer.opened != [], timeout=SECONDS)
    assert installer.opened[0].read_bytes() == PACKAGE
    assert card.progress.maximum() == card.progress.value() == 100
    assert not card.progress.isVisible()
    qtbot.mouseClick(card.download, Qt.MouseButton.LeftButton)
    assert installer.opened == [installer.opened[0]] * 2, "opened again, not fetched again"


def test_a_download_may_be_cancelled_and_begun_again(
    publisher, installer, window_of, qtbot, monkeypatch
):
    def drip(handler, content, out):
        while chunk := content.read(100):
            out.write(chunk)
            time.sleep(0.05)

    publisher.publish("9.0.0")
    card = window_of("about", publisher.desk, "updates").updates
    qtbot.waitUntil(
        lambda: card.download.isVisible() and card.download.isEnabled(), timeout=SECONDS
    )
    assert not card.cancel.isVisible()
    monkeypatch.setattr(_Handler, "copyfile", drip)
    qtbot.mouseClick(card.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(card.cancel.isVisible, timeout=SECONDS)
    qtbot.waitUntil(lambda: card.progress.maximum() > 0, timeout=SECONDS)
    qtbot.mouseClick(card.cancel, Qt.MouseButton.LeftButton)
    monkeypatch.undo()
    qtbot.waitUntil(card.failure.isVisible, timeout=SECONDS)
    assert "已取消" in card.failure.text()
    assert not card.cancel.isVisible()
    assert installer.opened == []
    qtbot.mouseClick(card.download, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: installer.opened != [], timeout=SECONDS)
    assert installer.opened[0].read_bytes() == PACKAGE


def test_a_check_that_fails_says_why_and_what_to_do_and_may_be_repeated(
    publisher, window_of, qtbot
):
    card = window_of("about", publisher.desk).updates
    qtbot.waitUntil(card.check.isVisible, timeout=SECONDS)
    publisher.go_away()
    qtbot.mouseClick(card.check, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(card.failure.isVisible, timeout=SECONDS)
    assert "请检查网络" in card.failure.text()
    assert card.check.isEnabled()
    assert not card.progress.isVisible()


def test_the_toolbar_opens_it_to_look_for_a_newer_version(stage, window_of, qtbot):
    stage.answer(
        tokens__list={"tokens": [], "problems": []}, portals__list={"portals": []}, windows__open={}
    )
    window = window_of("main", stage)
    window.toolbar.buttons["upgrade"].click()
    qtbot.waitUntil(lambda: stage.asked("windows.open") != [])
    assert stage.asked("windows.open") == [{"name": "about", "subject": "updates"}]
