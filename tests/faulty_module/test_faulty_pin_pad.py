"""``odc-agent pin change`` where the token has a PIN pad: nothing is typed into the computer."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from soft_token import LABEL, PIN

NEW, WRONG = "246801", "000000"


@pytest.fixture
def odc_agent(bench, runtime):
    """Runs commands of an agent whose only token has a pad; the agent ends with the test."""
    home = runtime / "home"
    home.mkdir()
    variables = ", ".join(
        f"{name} = {json.dumps(value)}" for name, value in bench.settings.environment.items()
    )
    (home / "config.toml").write_text(
        f"[[module]]\npath = {json.dumps(bench.settings.path)}\nenvironment = {{{variables}}}\n"
    )

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "agent.cli", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "ODC_LANGUAGE": "zh_CN"},
            check=False,
        )

    bench.switch_on("C_GetTokenInfo=pad,C_SetPIN=pad")
    yield run
    run("quit")


def test_the_person_is_sent_to_the_pad(bench, odc_agent):
    bench.pad.write_text(f"{PIN} {NEW}")
    done = odc_agent("pin", "change")
    assert "自带的键盘" in done.stderr
    assert (done.returncode, done.stdout) == (0, f"{LABEL} 的 PIN 码已修改。\n"), done.stderr
    assert bench.calls()["C_SetPIN"] == 1


def test_a_wrong_pin_on_the_pad_is_told_in_the_terminal(bench, odc_agent):
    bench.pad.write_text(f"{WRONG} {NEW}")
    done = odc_agent("pin", "change")
    assert done.returncode == 1
    assert "旧密码错误" in done.stderr
    assert bench.calls()["C_SetPIN"] == 1
