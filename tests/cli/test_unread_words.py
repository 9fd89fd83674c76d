"""What a command says where a part of the program is missing, and where it has no stream to say it on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from agent.cli.running import listing
from agent.ground.errors import OdcError
from agent.system import incomplete

WITHOUT_A_PART = """
import runpy, sys
sys.modules["agent.api.client"] = None
sys.argv = ["odc-agent", "certs"]
runpy.run_module("agent", run_name="__main__")
"""


@pytest.fixture
def boxes(monkeypatch):
    """What is shown in boxes, by a program that has no streams."""
    seen = []
    for module in (incomplete, listing):
        monkeypatch.setattr(module, "show_box", seen.append)
    return seen


def test_a_part_that_is_missing_is_named_in_both_languages():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_PART], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("agent.api.client") == 2
    assert "请重新安装" in done.stderr
    assert "Install it again" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("words", "count"), [(["window"], 1), (["run", "--wait"], 0)])
def test_a_click_is_answered_in_a_box_and_what_starts_by_itself_shows_none(
    boxes, monkeypatch, words, count
):
    monkeypatch.setattr(sys, "argv", ["odc-agent", *words])
    monkeypatch.setattr(sys, "stderr", None)
    assert incomplete.tell_of(ImportError("DLL load failed")) == 1
    assert len(boxes) == count
    assert all("DLL load failed" in line for lines in boxes for line in lines)


def test_a_window_that_cannot_be_opened_says_so_where_nothing_is_printed(
    boxes, own_folders, monkeypatch
):
    monkeypatch.setenv("ODC_NO_START", "1")
    monkeypatch.setattr(sys, "stderr", None)
    with pytest.raises(OdcError):
        listing.window("main", None)
    [lines] = boxes
    assert any("odc-agent run" in line for line in lines)
