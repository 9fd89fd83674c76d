"""The folder of the sockets: ours alone, or none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from agent.system.peers import is_private
from agent.system.runtime import RuntimeFolderError, ensure_runtime_folder, runtime_folder

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs Unix permissions")


def test_the_folder_is_made_for_this_user_alone(runtime):
    folder = ensure_runtime_folder()
    assert folder.parent == runtime
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert ensure_runtime_folder() == folder


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o777])
def test_a_folder_open_to_others_is_refused(runtime, mode):
    runtime_folder().mkdir()
    runtime_folder().chmod(mode)
    with pytest.raises(RuntimeFolderError):
        ensure_runtime_folder()


def test_a_symbolic_link_to_a_private_folder_is_refused(runtime):
    (runtime / "elsewhere").mkdir(mode=0o700)
    runtime_folder().symlink_to(runtime / "elsewhere")
    with pytest.raises(RuntimeFolderError):
        ensure_runtime_folder()


def test_a_folder_of_another_user_is_not_private(tmp_path):
    if os.getuid() == 0:
        folder = tmp_path
        os.chown(folder, 65534, 65534)
    else:
        folder = Path("/root")
    assert folder.lstat().st_uid != os.getuid()
    assert not is_private(folder)


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_what_is_no_folder_is_refused(runtime, kind):
    if kind == "file":
        runtime_folder().touch(mode=0o600)
    else:
        runtime_folder().symlink_to(runtime / "nowhere")
    with pytest.raises(RuntimeFolderError):
        ensure_runtime_folder()


def test_two_homes_have_two_folders(monkeypatch, runtime):
    one = runtime_folder()
    monkeypatch.setenv("ODC_HOME", str(runtime / "other"))
    assert runtime_folder() != one
    monkeypatch.delenv("ODC_HOME")
    assert runtime_folder() == runtime / "odc-agent"


def test_a_socket_path_is_short_however_long_the_home_is(monkeypatch, runtime):
    monkeypatch.setenv("ODC_HOME", "/" + "很长的名字/" * 40)
    assert len(os.fsencode(runtime_folder() / "pin-0123456789abcdef.sock")) < 100


def test_a_relative_home_is_the_same_from_everywhere(monkeypatch, runtime):
    monkeypatch.chdir(runtime)
    monkeypatch.setenv("ODC_HOME", "home")
    relative = runtime_folder()
    monkeypatch.setenv("ODC_HOME", str(runtime / "home"))
    assert runtime_folder() == relative


def test_without_a_runtime_folder_of_the_system_the_name_says_whose_it_is(monkeypatch, runtime):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime / "missing"))
    assert str(os.getuid()) in runtime_folder().name
