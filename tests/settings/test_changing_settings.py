"""Changing settings: one key, at once, with everything else as it was."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import tomllib

import pytest

from agent.ground.bus import EventBus
from agent.ground.language import Language
from agent.settings.errors import (
    SettingInvalidError,
    SettingLockedError,
    SettingNotWrittenError,
    UnknownSettingError,
)
from agent.settings.keys import DEFAULTS, LIVE
from agent.settings.reading import Source
from agent.settings.service import Settings, SettingsChanged
from sandbox.usb_token import own_pcscd as pcsc

WRITTEN = """# 我们的配置
language = "zh_CN"  # 中文

[reminders]
# 提前提醒
thresholds = [
    60,  # 两个月
    7,
]

[[module]]
path = "/a.so"  # vendor
"""


@pytest.fixture
def told():
    return []


@pytest.fixture
def settings(paths, told):
    bus = EventBus()
    bus.subscribe(lambda event: isinstance(event, SettingsChanged) and told.append(event.keys))
    return Settings(paths, bus)


def test_a_changed_key_leaves_comments_and_everything_else(settings, paths):
    paths.config_file.write_text(WRITTEN)
    settings.set("language", "en")
    settings.set("reminders.quiet_hours", "22:00-08:00")
    text = paths.config_file.read_text()
    for comment in ("# 我们的配置", "# 中文", "# 提前提醒", "# 两个月", "# vendor"):
        assert comment in text
    assert tomllib.loads(text) == {
        "language": "en",
        "reminders": {"thresholds": [60, 7], "quiet_hours": "22:00-08:00"},
        "module": [{"path": "/a.so"}],
    }


def test_it_takes_effect_at_once_and_is_told(settings, told):
    set_now = settings.set("language", "en")
    assert settings.config.language is Language.EN
    assert (set_now.value, set_now.source, set_now.needs_restart) == ("en", Source.USER, False)
    settings.set("reminders.thresholds", [30, 3])
    assert settings.config.reminders.thresholds == (30, 3)
    assert told == [("language",), ("reminders.thresholds",)]


def test_what_the_agent_does_at_its_start_wants_a_restart(settings):
    assert settings.set("browser.register", False).needs_restart
    assert settings.set("updates.enabled", False).needs_restart
    due = {setting.key for setting in settings.all() if setting.needs_restart}
    assert due == {"browser.register", "updates.enabled"}, "also for who asks later"


def test_every_key_is_live_or_one_of_the_few_that_want_a_restart():
    """Whoever adds a key says which."""
    at_the_start = {"browser.register", "updates.enabled", "updates.root", "updates.url"}
    assert DEFAULTS.keys() - LIVE == at_the_start


def test_what_is_set_back_to_what_it_was_at_the_start_wants_none(settings, paths):
    paths.config_file.write_text("[browser]\nregister = false\n")
    due = [each.key for each in settings.all() if each.needs_restart]
    assert due == ["browser.register"], "by hand"
    assert not settings.set("browser.register", None).needs_restart


def test_a_table_of_drivers_that_is_saved_is_told_as_a_change_of_the_modules(settings, paths, told):
    table = paths.policy / "modules.d" / "vendor.toml"
    table.parent.mkdir()
    settings.refresh()
    assert told == []
    table.write_text('[[module]]\nname = "vendor"\n')
    settings.refresh()
    table.unlink()
    settings.refresh()
    assert told == [("module",), ("module",)]


def test_a_value_that_is_taken_away_is_the_default_again(settings, paths):
    settings.set("poll_seconds", 9)
    assert settings.set("poll_seconds", None).value == 5.0
    assert tomllib.loads(paths.config_file.read_text()) == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("language", "fr"),
        ("reminders.thresholds", [-1]),
        ("reminders.quiet_hours", "nachts"),
        ("authority", [{"name": "x"}]),
        ("poll_seconds", "often"),
    ],
)
def test_a_value_that_is_not_valid_changes_nothing(settings, paths, key, value):
    paths.config_file.write_text(WRITTEN)
    with pytest.raises(SettingInvalidError):
        settings.set(key, value)
    assert paths.config_file.read_text() == WRITTEN


def test_a_key_nobody_knows_is_refused(settings):
    with pytest.raises(UnknownSettingError):
        settings.set("langauge", "en")


def test_what_the_administrator_decided_is_locked(settings, paths):
    paths.policy_file.write_text('language = "zh_CN"\n')
    [language] = [s for s in settings.all() if s.key == "language"]
    assert language.is_locked
    with pytest.raises(SettingLockedError):
        settings.set("language", "en")
    assert not paths.config_file.exists()


def test_a_broken_file_is_not_written_over(settings, paths):
    paths.config_file.write_text("[broken")
    with pytest.raises(SettingNotWrittenError):
        settings.set("language", "en")
    assert paths.config_file.read_text() == "[broken"


def test_a_file_that_was_changed_by_hand_is_read_when_it_is_asked_for(settings, paths, told):
    paths.config_file.write_text(WRITTEN)
    assert {s.key: s.value for s in settings.all()}["reminders.thresholds"] == [60, 7]
    assert told == [("language", "module", "reminders.thresholds")]
    paths.config_file.write_text("[broken")
    settings.all()
    assert settings.config.reminders.thresholds == (60, 7)
    assert [problem.code for problem in settings.problems] == ["config_not_used"]


def test_a_link_to_the_file_stays_a_link(settings, paths):
    kept = paths.config / "kept.toml"
    kept.write_text(WRITTEN)
    paths.config_file.symlink_to(kept)
    settings.set("language", "en")
    assert paths.config_file.is_symlink()
    assert 'language = "en"' in kept.read_text()


@pytest.mark.skipif(pcsc.missing() is not None, reason=str(pcsc.missing()))
def test_a_full_disk_leaves_the_file_as_it_was(paths, settings):
    with pcsc.own_namespaces():
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(paths.config)]
        subprocess.run(mount, check=True)
        paths.config_file.write_text(WRITTEN)
        full = paths.config / "full"
        subprocess.run(["dd", "if=/dev/zero", f"of={full}"], check=False, capture_output=True)
        with pytest.raises(SettingNotWrittenError, match="No space left"):
            settings.set("language", "en")
        assert paths.config_file.read_text() == WRITTEN


def test_the_start_at_login_is_switched_and_not_written_down(settings, paths):
    assert settings.set("autostart", True).value is True
    assert settings.set("autostart", False).value is False
    assert not paths.config_file.exists()


def test_a_policy_sees_to_the_start_at_login(settings, paths):
    paths.policy_file.write_text("autostart = true\n")
    settings.refresh()
    settings.see_to_autostart()
    [autostart] = [s for s in settings.all() if s.key == "autostart"]
    assert (autostart.value, autostart.is_locked) == (True, True)


@pytest.mark.parametrize(("where", "is_switched"), [("config_file", False), ("policy_file", True)])
def test_what_was_switched_off_in_the_systems_list_a_policy_alone_switches_on(
    settings, paths, monkeypatch, where, is_switched
):
    monkeypatch.setattr("agent.settings.service.is_declined", lambda: True)
    getattr(paths, where).write_text("autostart = true\n")
    settings.refresh()
    settings.see_to_autostart()
    [autostart] = [s for s in settings.all() if s.key == "autostart"]
    assert autostart.value is is_switched


def test_where_nobody_tells_of_changes_the_files_are_looked_at_when_a_part_asks(
    settings, paths, told
):
    paths.config_file.write_text(WRITTEN)
    in_another_thread = threading.Thread(target=lambda: settings.config)
    in_another_thread.start()
    in_another_thread.join()
    assert told == [], "who hears of changes lives in the agent's thread"
    assert settings.config.reminders.thresholds == (60, 7)
    assert told == [("language", "module", "reminders.thresholds")]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")
async def test_where_changes_are_heard_of_nothing_is_looked_at(settings, paths, monkeypatch):
    heard, bus = asyncio.Event(), EventBus()
    bus.subscribe(lambda _event: heard.set())
    settings.tell(bus)
    with settings.watched():
        monkeypatch.setattr(settings, "_stamps", lambda: pytest.fail("looked"))
        assert settings.config.reminders.thresholds != (60, 7)
        monkeypatch.undo()
        paths.config_file.write_text(WRITTEN)
        await asyncio.wait_for(heard.wait(), 20)
        assert settings.config.reminders.thresholds == (60, 7)
