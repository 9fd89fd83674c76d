"""Data, logs and configuration are the user's alone, whoever could write there before."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

from agent.desktop.children import child
from agent.ground.language import Language
from agent.settings.config import ConfigError, load_config
from agent.settings.reading import load
from agent.system import hardening
from agent.system.home import HomeNotUsableError, see_to_folders
from agent.system.ownership import take_back
from agent.system.paths import find_paths, make_private
from agent.system.runtime import module_command, runtime_folder
from agent.tokens.discovery.well_known import read_tables

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs Unix permissions")
STRANGER = 65534
needs_root = pytest.mark.skipif(os.getuid() != 0, reason="only root gives a file away")


def modes(folder):
    return {found.name: stat.S_IMODE(found.lstat().st_mode) for found in folder.rglob("*")}


@pytest.fixture
def opened(tmp_path):
    """A folder with everything in it open to everybody."""
    folder = tmp_path / "data"
    (folder / "dossiers" / "one").mkdir(parents=True)
    for file in ("tokens.json", "dossiers/one/scan.sealed"):
        (folder / file).write_bytes(b"kept")
    for found in (folder, *folder.rglob("*")):
        found.chmod(0o777 if found.is_dir() else 0o666)
    return folder


def test_what_is_open_to_others_is_closed(opened):
    told = take_back(opened)
    assert modes(opened) == {
        "tokens.json": 0o600, "dossiers": 0o700, "one": 0o700, "scan.sealed": 0o600,
    }  # fmt: skip
    assert stat.S_IMODE(opened.stat().st_mode) == 0o700
    assert len(told) == 5
    assert (opened / "tokens.json").read_bytes() == b"kept"
    assert take_back(opened) == []


def test_what_a_link_leads_to_is_left(opened, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    (opened / "link").symlink_to(elsewhere)
    take_back(opened)
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o755


def test_a_folder_that_exists_is_not_taken_as_it_is(opened):
    make_private(opened)
    assert stat.S_IMODE(opened.stat().st_mode) == 0o700


@needs_root
def test_what_another_user_put_there_is_laid_aside_once(opened):
    (opened / "updates").mkdir()
    (opened / "sites.json").write_bytes(b"{}")
    for name in ("sites.json", "updates"):
        os.chown(opened / name, STRANGER, STRANGER)
    take_back(opened)
    names = {found.name for found in opened.iterdir()}
    assert {"tokens.json", "dossiers"} < names
    assert not {"sites.json", "updates"} & names
    assert sum(name.endswith(".not-ours") for name in names) == 2
    assert take_back(opened) == []
    assert {found.name for found in opened.iterdir()} == names


@needs_root
def test_a_data_folder_of_another_user_is_refused_in_a_sentence(opened):
    os.chown(opened, STRANGER, STRANGER)
    with pytest.raises(HomeNotUsableError) as refused:
        see_to_folders(opened)
    for language, words in ((Language.EN, "belongs to another user"), (Language.ZH, "其他用户")):
        assert str(opened) in refused.value.text(language)
        assert words in refused.value.text(language)


TABLE = '[[module]]\nname = "evil"\nlinux = ["/tmp/evil.so"]\n'


@pytest.fixture
def configured(runtime):
    """The paths of a user whose configuration names a driver."""
    paths = find_paths()
    paths.config.mkdir()
    paths.config_file.write_text('language = "en"\n[[module]]\npath = "/tmp/evil.so"\n')
    tables = paths.config / "modules.d"
    tables.mkdir()
    (tables / "evil.toml").write_text(TABLE)
    return paths


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o606, 0o622])
def test_a_configuration_that_others_may_write_is_closed_and_used(configured, mode):
    configured.config_file.chmod(mode)
    configured.config.chmod(0o777)
    loaded = load(configured)
    assert (loaded.config.language, loaded.problems) == (Language.EN, ())
    for path in (configured.config_file, configured.config):
        assert not path.stat().st_mode & 0o022
    # Others may go on reading it: a user may want that.
    assert stat.S_IMODE(configured.config_file.stat().st_mode) & 0o044 == mode & 0o044


@needs_root
@pytest.mark.parametrize("which", ["file", "folder"])
def test_a_configuration_of_another_user_is_refused_in_a_sentence(configured, which):
    os.chown(configured.config_file if which == "file" else configured.config, STRANGER, STRANGER)
    loaded = load(configured)
    assert loaded.config.modules is None
    [problem] = loaded.problems
    assert "belongs to another user" in problem.message
    assert "其他用户" in problem.message_zh
    with pytest.raises(ConfigError, match="another user"):
        load_config(configured)


@needs_root
def test_a_table_of_drivers_of_another_user_is_refused_in_a_sentence(configured):
    [folder] = configured.module_tables
    assert any(entry.name == "evil" for entry in read_tables([folder])[0])
    os.chown(folder / "evil.toml", STRANGER, STRANGER)
    entries, [problem] = read_tables([folder])
    assert not any(entry.name == "evil" for entry in entries)
    assert "其他用户" in problem.text(Language.ZH)


@needs_root
def test_of_roots_files_those_are_refused_that_everybody_may_write(configured, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: STRANGER)
    configured.config_file.chmod(0o664)
    assert not load(configured).problems, "a group is for root to choose"
    configured.config_file.chmod(0o666)
    assert "every user" in load(configured).problems[0].message


def test_what_an_agent_writes_is_private_under_any_mask(runtime):
    """A whole agent, started where everybody may do everything."""
    paths = find_paths()
    paths.logs.mkdir(parents=True)
    (paths.logs / "agent.log").touch()
    for path in (paths.config, paths.logs):
        path.chmod(0o777)
    (paths.logs / "agent.log").chmod(0o666)
    with subprocess.Popen(module_command("agent.cli", "run", "--no-tray"), umask=0) as agent:
        deadline = time.monotonic() + 60
        while not (runtime_folder() / "browser.sock").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        agent.send_signal(signal.SIGTERM)
        assert agent.wait(30) == 0
    for folder in (paths.data, paths.logs):
        found = {folder.name: stat.S_IMODE(folder.stat().st_mode), **modes(folder)}
        assert {name: mode for name, mode in found.items() if mode & 0o077} == {}
    assert "was open to others path=" in (paths.logs / "agent.log").read_text()


async def test_a_window_saves_files_as_the_user_would(monkeypatch):
    monkeypatch.setattr(hardening, "_users_umask", [0o027])
    ours, theirs = socket.socketpair()
    async with child("window", theirs, "agent.windows", "FD", environment=os.environ) as process:
        status = Path(f"/proc/{process.pid}/status").read_text()
        ours.close()
        await process.wait()
    assert "\nUmask:\t0027\n" in status
