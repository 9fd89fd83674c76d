"""A home whose name is bytes that are no text, from before the change to UTF-8."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.api.rpc import result_frame

ROOT = Path(__file__).resolve().parents[2]


@given(st.recursive(st.binary(max_size=9), lambda inner: st.lists(inner) | st.dictionaries(st.text(
    st.characters(codec="utf-8")), inner)))  # fmt: skip
def test_every_path_can_be_answered_with(value):
    def named(part):
        if isinstance(part, bytes):
            return os.fsdecode(part)
        return {k: named(v) for k, v in part.items()} if isinstance(part, dict) else [
            named(each) for each in part
        ]  # fmt: skip

    def shown(part):
        if isinstance(part, bytes):
            return part.decode("utf-8", "replace")
        return {k: shown(v) for k, v in part.items()} if isinstance(part, dict) else [
            shown(each) for each in part
        ]  # fmt: skip

    assert json.loads(result_frame(1, named(value)))["result"] == shown(value)


@pytest.mark.parametrize("name", ["用户".encode("gb18030"), "é".encode("latin-1"), b"\xff"])
def test_an_agent_in_such_a_home_runs_answers_and_keeps_its_log(name):
    with tempfile.TemporaryDirectory(prefix="odc-") as folder:
        home = Path(folder, os.fsdecode(name))
        for made in (home, run := Path(folder, "run")):
            made.mkdir(mode=0o700)
        environment = {
            "PATH": "/usr/bin:/bin", "HOME": str(home), "XDG_RUNTIME_DIR": str(run), "LC_ALL": "C.UTF-8",
            "ODC_LANGUAGE": "en",
        }  # fmt: skip

        def agent(*arguments):
            return subprocess.run(
                [sys.executable, "-m", "agent.cli", *arguments],
                env=environment, cwd=ROOT, text=True, capture_output=True, check=False, timeout=60,
            )  # fmt: skip

        try:
            status = agent("status")
            assert status.returncode == 0
            [started] = status.stderr.splitlines()
            assert "`odc-agent quit`" in started
            assert "The agent" in status.stdout
            assert agent("check").returncode in (0, 1)
        finally:
            agent("quit")
        (log,) = home.rglob("agent.log")
        assert "Traceback" not in log.read_text("utf-8")
