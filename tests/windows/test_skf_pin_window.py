"""The PIN of a token that speaks SKF, changed in the window of a real agent."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox" / "skf_token"))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))
sys.path.insert(0, str(Path(__file__).parents[1] / "keys"))

from skf_bench import PIN, SkfBench, application, sm2_container

from sandbox.desk.desk import Desk

NEW, WRONG = "8246zx", "999999"
SECONDS = 40_000


@pytest.fixture
def bench():
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="odc-skf-") as folder:
        bench = SkfBench(Path(folder))
        bench.make("key", application(sm2_container(), is_factory=True), label="样例KEY")
        bench.plug()
        yield bench
        bench.close()


@pytest.fixture
def skf_desk(bench):
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        path, address = json.dumps(str(bench.library())), json.dumps(bench.server.address)
        (folder / "config.toml").write_text(
            f"[[module]]\npath = {path}\nenvironment = {{ODC_SKF_SOCKET = {address}}}\n"
            "[reminders]\nnotifications = false\n",
            "utf-8",
        )
        environment = {"XDG_RUNTIME_DIR": str(runtime), "ODC_LANGUAGE": "zh_CN"}
        with Desk(folder, environment=environment) as desk:
            desk.start_agent("--no-tray")
            yield desk


def submit(qtbot, window, old):
    form = window.form
    qtbot.waitUntil(lambda: form.isVisible() and form.isEnabled(), timeout=SECONDS)
    for field, text in ((form.old, old), (form.new, NEW), (form.again, NEW)):
        field.clear()
        qtbot.keyClicks(field.edit, text)
    qtbot.mouseClick(window.change, Qt.MouseButton.LeftButton)


def test_tries_are_told_exactly_and_the_factory_pin_goes(skf_desk, bench, window_of, qtbot):
    window = window_of("pin", skf_desk)
    qtbot.waitUntil(lambda: "剩余密码重试次数: 10" in window.told.text(), timeout=SECONDS)
    assert "出厂密码" in window.told.text()
    submit(qtbot, window, WRONG)
    qtbot.waitUntil(lambda: "剩余密码重试次数: 9" in window.banner.text, timeout=SECONDS)
    qtbot.waitUntil(lambda: "剩余密码重试次数: 9" in window.told.text(), timeout=SECONDS)
    submit(qtbot, window, PIN)
    qtbot.waitUntil(lambda: "PIN 码已修改" in window.banner.text, timeout=SECONDS)
    qtbot.waitUntil(lambda: window.told.text() == "剩余密码重试次数: 10", timeout=SECONDS)
    assert bench.report().open_logins == 0
    assert bench.report().calls["SKF_ChangePIN"] == 2
