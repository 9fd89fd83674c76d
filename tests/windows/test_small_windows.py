"""环境检测, 设置, 网站授权, 帮助 and 关于我们."""

from __future__ import annotations

import datetime as dt

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from agent import __version__
from agent.api.views.sites import SiteDecision, SiteList
from agent.checks.table import CHECKS
from agent.ground.language import Language
from agent.sites.model import Action, Decision
from agent.windows.help_window import docs_folder
from agent.windows.words import Words

SECONDS = 60_000


def test_every_check_of_a_real_agent_is_shown_with_its_result(desk, window_of, qtbot, tmp_path):
    window = window_of("check", desk)
    qtbot.waitUntil(window.copy.isEnabled, timeout=SECONDS)
    assert list(window.rows) == [check.name for check in CHECKS]
    assert all(row.state for row in window.rows.values())
    assert window.rows["token"].state == "ok"
    assert "项" in window.summary.text()
    window.copy.click()
    assert "环境检测" in QGuiApplication.clipboard().text()
    window.save_to(tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_text("utf-8") == QGuiApplication.clipboard().text()


def item(state, fix=None):
    return {"name": "autostart", "title": "登录时启动", "state": state, "text": "…",
            "advice": "请修复", "fix": fix}  # fmt: skip


def test_what_can_be_mended_is_mended_by_a_button(stage, window_of, qtbot):
    mended = []
    stage.answer(
        checks__list={"checks": [{"name": "autostart", "title": "登录时启动"}]},
        checks__run=lambda _: {
            "items": [item("ok") if mended else item("failed", "autostart")], "report": "r",
        },
        checks__fix=lambda given: mended.append(given["id"]) or {"items": [], "report": ""},
    )  # fmt: skip
    window = window_of("check", stage)
    qtbot.waitUntil(lambda: "1 项异常" in window.summary.text())
    qtbot.mouseClick(window.rows["autostart"].fix, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "一切正常" in window.summary.text())
    assert mended == ["autostart"]
    assert not window.rows["autostart"].fix.isVisible()


def test_what_is_wrong_comes_first_and_the_tab_key_follows(stage, window_of, qtbot):
    names = ["a", "b", "c", "d", "e"]
    states = dict(zip(names, ["ok", "unknown", "failed", "warning", "failed"], strict=True))
    stage.answer(
        checks__list={"checks": [{"name": name, "title": name} for name in names]},
        checks__run={
            "items": [{**item(states[name], name), "name": name} for name in names], "report": "r",
        },
    )  # fmt: skip
    window = window_of("check", stage)
    qtbot.waitUntil(window.copy.isEnabled)
    qtbot.waitUntil(lambda: window.rows["a"].y() > window.rows["b"].y())
    in_order = sorted(window.rows.values(), key=lambda row: row.y())
    assert [row.name for row in in_order] == ["c", "e", "d", "b", "a"]
    chain, at = [], in_order[0].fix
    while len(chain) < len(names):
        chain += [at.parent().name] if at in [row.fix for row in in_order] else []
        at = at.nextInFocusChain()
    assert chain == ["c", "e", "d", "b", "a"]


@pytest.mark.parametrize(
    ("told", "advice", "said"),
    [
        ("无法连接: Connection refused", "请检查网络。", "无法连接: Connection refused。"),
        ("密码已被锁定。", "请前往窗口。", "密码已被锁定。"),
        ("无法连接: Connection refused", "", "无法连接: Connection refused"),
    ],
)
def test_a_sentence_ends_before_the_advice_begins(told, advice, said):
    report = {"code": "x", "message_zh": told, "advice_zh": advice}
    assert Words(Language.ZH).of_report(report) == (said, advice)


def setting(key, value, **values):
    usual = {"title": key, "is_locked": False, "needs_restart": False}
    return {"key": key, "value": value, **usual, **values}


@pytest.fixture
def settings(stage, window_of, qtbot):
    held = {
        "language": setting("language", None),
        "reminders.thresholds": setting("reminders.thresholds", [90, 30]),
        "reminders.notifications": setting("reminders.notifications", True, is_locked=True),
        "module": setting("module", [{"path": "/usr/lib/a.so"}]),
        "discover_modules": setting("discover_modules", True),
    }
    at_start = {key: each["value"] for key, each in held.items()}

    def change(given):
        key, value = given["key"], given.get("value")
        due = key in ("module", "discover_modules") and value != at_start[key]
        held[key] = {**held[key], "value": value, "needs_restart": due}
        return held[key]

    stage.answer(
        reminders__silenced={"certificates": []},
        settings__get=lambda _: {"settings": [*held.values()], "problems": [], "file": "c.toml"},
        settings__set=change,
    )
    window = window_of("settings", stage)
    qtbot.waitUntil(lambda: window.file.text() == "c.toml")
    return window


def test_a_setting_is_set_as_it_is_changed(settings, stage, qtbot):
    edit = settings.editors["reminders.thresholds"].edit
    edit.setText("60，7、1")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: stage.asked("settings.set") != [])
    assert stage.asked("settings.set") == [{"key": "reminders.thresholds", "value": [60, 7, 1]}]
    qtbot.waitUntil(lambda: edit.text() == "60, 7, 1")


def test_what_the_administrator_decided_is_shown_as_locked(settings):
    assert not settings.editors["reminders.notifications"].isEnabled()
    assert settings.notes["reminders.notifications"].text() == "由管理员设定"


def test_a_driver_is_added_beside_those_there_are(settings, stage, qtbot):
    settings.editors["module"].add_file("/usr/lib/b.so")
    qtbot.waitUntil(lambda: "重新启动" in settings.notes["module"].text())
    [asked] = stage.asked("settings.set")
    assert asked["value"] == [{"path": "/usr/lib/a.so"}, {"path": "/usr/lib/b.so"}]


def test_what_holds_from_the_next_start_on_has_that_start_beside_it(settings, stage, qtbot):
    stage.answer(agent__restart={})
    assert not any(button.isVisible() for button in settings.restarts.values())
    settings.editors["module"].add_file("/usr/lib/b.so")
    qtbot.waitUntil(settings.restarts["module"].isVisible)
    shown = [key for key, button in settings.restarts.items() if button.isVisible()]
    assert (shown, settings.restarts["module"].text()) == (["module"], "立即重启")
    qtbot.mouseClick(settings.restarts["module"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stage.asked("agent.restart") == [{}])
    assert "重新启动" in settings.banner.text
    assert not settings.restarts["module"].isEnabled()


def test_a_restart_is_due_by_whomever_it_was_changed_and_until_it_is_changed_back(
    settings, stage, qtbot
):
    settings.link.call("settings.set", {"key": "discover_modules", "value": False}, lambda _: None)
    qtbot.waitUntil(lambda: stage.asked("settings.set") != [])
    stage.tell("settings_changed", keys=["discover_modules"])
    qtbot.waitUntil(settings.restarts["discover_modules"].isVisible)
    assert "重新启动" in settings.notes["discover_modules"].text()
    settings.editors["discover_modules"].wanted.emit(True)
    qtbot.waitUntil(lambda: not settings.restarts["discover_modules"].isVisible())
    assert settings.notes["discover_modules"].text() == ""


def test_the_language_is_chosen_here_and_every_window_follows(settings, stage, qtbot):
    settings.editors["language"].wanted.emit("en")
    qtbot.waitUntil(lambda: stage.asked("settings.set") != [])
    stage.tell("settings_changed", keys=["language"])
    qtbot.waitUntil(lambda: settings.windowTitle() == "Settings")
    assert settings.editors["language"].choice.currentText() == "English"


def test_consent_is_withdrawn(stage, window_of, qtbot):
    decision = SiteDecision(origin="https://a.example", action=Action.RENEW,
                            decision=Decision.ALWAYS, since=dt.datetime.now(dt.UTC))  # fmt: skip
    stage.answer(
        sites__list=SiteList(decisions=(decision,), renewals={}, allow=(), deny=(), actions={}),
        sites__withdraw=SiteList(decisions=(), renewals={}, allow=(), deny=(), actions={}),
    )
    window = window_of("sites", stage)
    qtbot.waitUntil(window.withdraw.isEnabled)
    qtbot.mouseClick(window.withdraw, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.nothing.isVisible)
    assert stage.asked("sites.withdraw") == [{"origin": "https://a.example"}]
    assert not window.withdraw.isEnabled()


@pytest.mark.parametrize(
    ("language", "heading"), [(Language.ZH, "证照更新"), (Language.EN, "Renew a certificate")]
)
def test_help_is_there_without_a_network(stage, window_of, language, heading):
    window = window_of("help", stage, language=language)
    found = [window.headings.item(n).text() for n in range(window.headings.count())]
    assert heading in found
    window.headings.setCurrentRow(found.index(heading))
    assert window.page.textCursor().block().text() == heading
    assert docs_folder() is not None


def test_help_without_its_pictures_is_still_read(stage, window_of, qtbot, tmp_path):
    window = window_of("help", stage)
    page = tmp_path / "page.md"
    page.write_text("# A page\n\n![gone](gone.png)\n\nIts end.")
    window._read(page)
    qtbot.wait(50)
    assert window.page.toPlainText().endswith("Its end.")


@pytest.mark.parametrize("width", [620, 860])
def test_help_is_read_down_and_never_to_the_side(stage, window_of, qtbot, width):
    window = window_of("help", stage)
    window.resize(width, 640)
    qtbot.waitUntil(lambda: window.page.horizontalScrollBar().maximum() == 0)
    assert window.page.verticalScrollBar().maximum() > 0


def test_about_tells_the_version_that_runs(desk, window_of, qtbot):
    window = window_of("about", desk)
    qtbot.waitUntil(lambda: window.version.text() == f"版本 {__version__}", timeout=SECONDS)
    window.copy.click()
    assert str(desk.folder) in QGuiApplication.clipboard().text()
    assert "不经由本程序" in window.updates.about.text()
    assert not window.updates.check.isVisible()
