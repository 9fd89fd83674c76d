"""``odc-agent config``, and an agent whose configuration is broken."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def agent(desk, short_folder):
    """An agent that changes nothing of this machine's user."""
    desk.environment |= {"HOME": str(short_folder), "XDG_CONFIG_HOME": str(short_folder / "config")}
    return desk.start_agent("--no-tray")


def settings(odc_agent):
    answer = json.loads(odc_agent("config", "show", "--json").stdout)
    return {setting["key"]: setting for setting in answer["settings"]}


def test_a_setting_takes_effect_at_once_and_who_listens_is_told(desk, agent, odc_agent):
    with desk.client() as client:
        client.call("events.subscribe")
        done = odc_agent("config", "set", "reminders.thresholds", "[45, 3]", language="en")
        assert done.returncode == 0
        assert "reminders.thresholds = [45, 3]" in done.stdout
        assert "set by you" in done.stdout
        told = (notification["params"] for notification in client.notifications())
        changed = next(params for params in told if params["event"] == "settings_changed")
        assert changed["keys"] == ["reminders.thresholds"]
    odc_agent("config", "set", "language", "en")
    assert settings(odc_agent)["language"]["value"] == "en"
    odc_agent("config", "unset", "language")
    assert settings(odc_agent)["language"]["source"] == "default"


def test_what_takes_effect_later_says_so(agent, odc_agent):
    assert "重新启动证照管家后生效" in odc_agent("config", "set", "poll_seconds", "9").stdout


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [("langauge", "en", 2), ("language", "fr", 2), ("reminders.notifications", "true", 0)],
)
def test_the_exit_code_says_whether_it_was_set(agent, odc_agent, key, value, code):
    assert odc_agent("config", "set", key, value).returncode == code


def test_what_the_administrator_decided_is_shown_as_locked(desk, agent, odc_agent):
    (desk.folder / "policy.toml").write_text('language = "zh_CN"\n')
    done = odc_agent("config", "set", "language", "en")
    assert done.returncode == 1
    assert "已由管理员锁定" in done.stderr
    assert settings(odc_agent)["language"]["is_locked"]
    shown = odc_agent("config", "show", language="en").stdout
    assert f"Your file: {desk.folder / 'config.toml'}\n" in shown
    assert f"The administrator's file: {desk.folder / 'policy.toml'}\n" in shown
    assert 'language = "zh_CN"  # Language; locked by the administrator' in shown


def test_an_agent_with_a_broken_configuration_goes_on_with_the_last_good_one(
    desk, agent, odc_agent
):
    odc_agent("quit")
    agent.wait(20)
    file = desk.folder / "config.toml"
    file.write_text(f"{file.read_text('utf-8')}\nlangauge = 'en'\n", "utf-8")
    desk.start_agent("--no-tray")
    status = json.loads(odc_agent("status", "--json").stdout)
    assert status["tokens"] == 1
    assert [problem["code"] for problem in status["problems"]] == ["config_not_used"]
    assert "langauge" in odc_agent("config", "show").stdout
    assert "langauge" in odc_agent("check", "settings").stdout
