"""Where Windows takes no long paths it says of one that it is not there: that is told as what it is."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from agent.checks.probes.computer import look_at_room
from agent.system.home import HomeNotUsableError, HomeTooDeepError, see_to_folders, why_away

pytestmark = pytest.mark.windows


@pytest.mark.parametrize("winerror", [3, 206])  # PATH_NOT_FOUND, FILENAME_EXCED_RANGE
def test_a_folder_that_is_too_deep(tmp_path, monkeypatch, winerror):
    def refuse(**_options):
        raise OSError(errno.ENOENT, "", None, winerror)

    monkeypatch.setattr("agent.system.home.tempfile.TemporaryFile", refuse)
    with pytest.raises(HomeTooDeepError):
        see_to_folders(tmp_path / ("d" * 200))


def test_one_that_is_short_and_away_is_not_too_deep(tmp_path, monkeypatch):
    def refuse(**_options):
        raise OSError(errno.ENOENT, "", None, 3)

    monkeypatch.setattr("agent.system.home.tempfile.TemporaryFile", refuse)
    with pytest.raises(HomeNotUsableError):
        see_to_folders(tmp_path)


AWAY = [Path(r"\\nobody\profiles\anna\odc-agent"), Path(r"Q:\odc-agent")]


@pytest.mark.parametrize("folder", AWAY, ids=["share", "drive"])
def test_a_share_that_is_away_is_told_from_a_folder_nobody_has_made(folder, tmp_path):
    assert isinstance(why_away(folder), OSError)
    assert why_away(tmp_path / "not" / "made") is None


@pytest.mark.parametrize("folder", AWAY, ids=["share", "drive"])
def test_the_check_of_disks_names_one_that_is_away(folder):
    [room] = look_at_room([folder])
    assert room.folder == str(folder)
    assert room.obstacle
