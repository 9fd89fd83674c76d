"""A folder that cannot be used is named in a sentence, and one that is too deep by that reason."""

from __future__ import annotations

import sys

import pytest

from agent.ground.language import Language
from agent.system import runtime
from agent.system.home import LONGEST_BELOW, HomeTooDeepError, see_to_folders, why_away


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has its own test")
@pytest.mark.parametrize("parts", [["深" * 100], ["deep" * 50] * 25], ids=["a name", "a path"])
def test_a_path_that_is_too_long_is_said_to_be_that(tmp_path, parts):
    folder = tmp_path.joinpath(*parts)
    with pytest.raises(HomeTooDeepError) as refused:
        see_to_folders(folder)
    assert str(folder) in refused.value.text(Language.EN)
    assert "too long" in refused.value.text(Language.EN)
    assert "过长" in refused.value.text(Language.ZH)
    assert "ODC_HOME" in refused.value.advice_text(Language.ZH)


def test_the_longest_name_there_will_be_is_tried_at_the_start(tmp_path, monkeypatch):
    tried = []
    whole = see_to_folders.__globals__["tempfile"].TemporaryFile

    def seen(**options):
        tried.append(options["prefix"])
        return whole(**options)

    monkeypatch.setattr("agent.system.home.tempfile.TemporaryFile", seen)
    see_to_folders(tmp_path)
    assert len(tried[0]) == LONGEST_BELOW
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has its own test")
def test_a_folder_that_cannot_be_looked_for_is_away_and_one_that_is_not_made_is_not(tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert isinstance(why_away(loop / "data"), OSError)
    assert why_away(tmp_path / "not" / "made") is None
    assert why_away(tmp_path) is None


def test_a_home_whose_links_the_system_does_not_tell_is_taken_as_it_is_named(tmp_path, monkeypatch):
    def refuse(path):
        raise OSError(234, "More data available", path)

    monkeypatch.setattr(runtime.os.path, "realpath", refuse)
    home = str(tmp_path / "a" / ".." / "b")
    assert runtime.home_override({"ODC_HOME": home}) == tmp_path / "b"
    assert runtime.runtime_path({"ODC_HOME": home})
