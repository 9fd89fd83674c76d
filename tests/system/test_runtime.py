"""The folder of the sockets: ours alone, or none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from agent.system.paths import find_paths
from agent.system.peers import is_private
from agent.system.runtime import (
    RuntimeFolderError,
    data_path,
    ensure_runtime_folder,
    note_file,
    runtime_folder,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs Unix permissions")


def test_the_folder_is_made_for_this_user_alone(runtime):
    folder = ensure_runtime_folder()
    assert folder.parent == runtime
    assert folder.name.startswith("odc-agent-")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert ensure_runtime_folder() == folder


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o777])
def test_a_folder_open_to_others_is_passed_over(runtime, mode):
    first = runtime_folder()
    first.mkdir()
    first.chmod(mode)
    below = below_home(runtime)
    assert ensure_runtime_folder() == below
    assert runtime_folder() == below


def test_a_symbolic_link_to_a_private_folder_is_passed_over(runtime):
    (runtime / "elsewhere").mkdir(mode=0o700)
    runtime_folder().symlink_to(runtime / "elsewhere")
    assert ensure_runtime_folder() == below_home(runtime)


def test_a_folder_of_another_user_is_not_private(tmp_path):
    if os.getuid() == 0:
        folder = tmp_path
        os.chown(folder, 65534, 65534)
    else:
        folder = Path("/root")
    assert folder.lstat().st_uid != os.getuid()
    assert not is_private(folder)


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_what_is_no_folder_is_passed_over(runtime, kind):
    if kind == "file":
        runtime_folder().touch(mode=0o600)
    else:
        runtime_folder().symlink_to(runtime / "nowhere")
    assert ensure_runtime_folder() == below_home(runtime)


def test_where_no_folder_can_be_ours_that_is_said(runtime, monkeypatch):
    monkeypatch.setattr(
        "agent.system.runtime._folders", lambda _environment: [str(runtime / "file")]
    )
    (runtime / "file").touch()
    with pytest.raises(RuntimeFolderError, match="file"):
        ensure_runtime_folder()


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: a folder is somebody else's")
def test_the_runtime_folder_of_another_user_is_not_used(runtime, monkeypatch, tmp_path):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(theirs))
    folder = ensure_runtime_folder()
    assert theirs not in folder.parents
    assert folder.stat().st_uid == 0
    assert not list(theirs.iterdir())


@pytest.mark.skipif(os.getuid() != 0, reason="needs root: a folder is somebody else's")
def test_what_root_left_in_a_users_folder_is_passed_over(runtime):
    runtime_folder().mkdir(mode=0o700)
    os.chown(runtime_folder(), 65534, 65534)
    assert ensure_runtime_folder() == below_home(runtime)


def test_the_agent_is_found_by_its_note_whatever_runtime_folder_one_has(runtime, monkeypatch):
    listens = ensure_runtime_folder()
    Path(note_file()).parent.mkdir(parents=True)
    Path(note_file()).write_bytes(os.fsencode(listens))
    for other in ("", str(runtime / "missing"), str(runtime / "home")):
        monkeypatch.setenv("XDG_RUNTIME_DIR", other)
        assert runtime_folder() == listens
    listens.rmdir()  # as at the end of a session
    assert runtime_folder() != listens


def test_two_homes_have_two_folders(monkeypatch, runtime):
    folders = {runtime_folder()}
    monkeypatch.setenv("ODC_HOME", str(runtime / "other"))
    folders.add(runtime_folder())
    monkeypatch.delenv("ODC_HOME")
    for home in ("one", "two"):
        monkeypatch.setenv("HOME", str(runtime / home))
        folders.add(runtime_folder())
    assert len(folders) == 4


@pytest.mark.parametrize(
    "variables", [{}, {"XDG_DATA_HOME": "/somewhere"}, {"XDG_DATA_HOME": " "}, {"ODC_HOME": "/x"}]
)
def test_saved_data_are_looked_for_where_they_are(monkeypatch, runtime, variables):
    for name in ("ODC_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Path(data_path()) == find_paths().data


def test_a_socket_path_is_short_however_long_the_home_is(monkeypatch, runtime):
    monkeypatch.setenv("ODC_HOME", "/" + "很长的名字/" * 40)
    assert len(os.fsencode(runtime_folder() / "pin-0123456789abcdef.sock")) < 100


def test_a_relative_home_is_the_same_from_everywhere(monkeypatch, runtime):
    monkeypatch.chdir(runtime)
    monkeypatch.setenv("ODC_HOME", "home")
    relative = runtime_folder()
    monkeypatch.setenv("ODC_HOME", str(runtime / "home"))
    assert runtime_folder() == relative


def test_where_the_home_has_a_long_name_the_last_resort_says_whose_it_is(monkeypatch, runtime):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime / "missing"))
    monkeypatch.setenv("ODC_HOME", "/" + "很长的名字/" * 40)
    assert str(os.getuid()) in runtime_folder().name


def below_home(runtime):
    return runtime / "home" / "data" / "run"
