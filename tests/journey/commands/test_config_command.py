"""``odc-agent config``, and an agent whose configuration is broken."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def desk(lonely_desk):
    """No authority is asked here."""
    return lonely_desk


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
    done = odc_agent("config", "set", "updates.enabled", "false")
    assert "`odc-agent restart`" in done.stdout
    assert "`odc-agent restart`" not in odc_agent("config", "set", "poll_seconds", "9").stdout
    assert odc_agent("restart").stdout.count(str(agent.pid)) == 1
    assert not settings(odc_agent)["updates.enabled"]["needs_restart"]


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
    shown = odc_agent("config", "show").stdout
    assert f"您的配置文件: {desk.folder / 'config.toml'}\n" in shown
    assert f"管理员的配置文件: {desk.folder / 'policy.toml'}\n" in shown
    assert 'language = "zh_CN"  # 语言; 由管理员锁定' in shown


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


def is_running(odc_agent):
    """Whether an agent runs; asking starts none."""
    done = odc_agent("restart")
    assert done.returncode in {0, 3}
    return done.returncode == 0


def test_settings_are_shown_and_changed_where_no_agent_runs_and_none_is_started(desk, odc_agent):
    done = odc_agent("config", "set", "updates.enabled", "false", language="en")
    assert (done.returncode, done.stderr) == (0, "")
    assert "restart" not in done.stdout, "an agent that is started later begins with it"
    assert "[updates]\nenabled = false" in (desk.folder / "config.toml").read_text("utf-8")
    assert settings(odc_agent)["updates.enabled"]["value"] is False
    assert odc_agent("config", "unset", "updates.enabled").returncode == 0
    assert odc_agent("config", "set", "langauge", "en").returncode == 2
    (desk.folder / "config.toml").write_text("broken", "utf-8")
    assert "config.toml" in odc_agent("config", "show").stdout
    assert odc_agent("config", "set", "language", "en").returncode == 1
    assert not is_running(odc_agent)


def test_papers_need_no_agent(desk, odc_agent, short_folder):
    desk.environment["HOME"] = str(short_folder)
    assert odc_agent("letter", "export", "--out", short_folder / "letter.docx").returncode == 0
    assert odc_agent("dossier", "check", desk.dossier).returncode == 0
    assert not is_running(odc_agent)


def test_an_agent_that_a_command_started_is_told_of_once(desk, odc_agent):
    first = odc_agent("status", "--json")
    started = json.loads(first.stdout)["pid"]
    assert str(started) in first.stderr
    assert "`odc-agent quit`" in first.stderr
    assert odc_agent("status").stderr == ""
