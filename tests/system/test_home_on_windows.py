"""Where Windows takes no long paths it says of one that it is not there: that is told as what it is."""

from __future__ import annotations

import errno

import pytest

from agent.system.home import HomeNotUsableError, HomeTooDeepError, see_to_folders

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
