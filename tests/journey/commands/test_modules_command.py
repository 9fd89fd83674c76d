"""``odc-agent modules``: what is served, how it is, and what is wrong."""

from __future__ import annotations

import json

import pytest

from sandbox.desk.desk import SOFTHSM


@pytest.fixture
def desk(lonely_desk):
    """No authority is asked here."""
    return lonely_desk


@pytest.fixture
def served(desk):
    """An agent that serves SoftHSM and a driver that is not there."""
    missing = desk.folder / "vendor.so"
    file = desk.folder / "config.toml"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace(
            "[[authority]]", f"[[module]]\npath = {json.dumps(str(missing))}\n[[authority]]"
        )
    )
    desk.start_agent("--no-tray")
    return missing


def test_every_module_is_listed_with_what_it_says_of_itself(desk, served):
    softhsm, missing = json.loads(desk.run("agent.cli", "modules", "--json"))["modules"]
    assert (softhsm["path"], softhsm["state"]) == (SOFTHSM, "well")
    assert "SoftHSM" in softhsm["description"] + softhsm["manufacturer"]
    assert softhsm["version"].startswith("2.")
    assert softhsm["slots"] == 2  # a blank token is always on offer
    assert softhsm["tokens"] == [desk.issued["label"]]
    assert softhsm["has_events"] is False
    assert softhsm["problems"] == []
    assert (missing["path"], missing["state"]) == (str(served), "failed")
    assert [problem["code"] for problem in missing["problems"]] == ["module_not_loaded"]


def test_people_read_the_state_and_the_reason(desk, served):
    lines = desk.run("agent.cli", "modules").splitlines()
    assert lines[0] == f"{SOFTHSM}  正常"
    assert f"电子钥匙: {desk.issued['label']}" in lines[2]
    assert f"{served}  不能使用" in lines
    assert "无法加载" in lines[-1]


def test_without_modules_it_says_what_to_install(desk):
    (desk.folder / "config.toml").write_text("module = []\n")
    desk.start_agent("--no-tray")
    assert "安装" in desk.run("agent.cli", "modules")
