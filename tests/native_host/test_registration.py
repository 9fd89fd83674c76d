"""Registering with browsers: in a home folder of the test's own, with the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from host_process import ROOT, Host, request

from agent import __version__
from native_host import identity
from native_host.launcher import SHEBANG_LIMIT, _first_lines


@pytest.fixture
def home(tmp_path, environment):
    environment["HOME"] = str(tmp_path)
    environment["ODC_LANGUAGE"] = "en"
    del environment["ODC_HOME"]
    return tmp_path


@pytest.fixture
def command(home, environment):
    def run(*arguments: str, check: bool = True) -> str:
        return subprocess.run(
            [sys.executable, "-m", "native_host", *arguments],
            check=check,
            env=environment,
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout

    return run


EVERY = ("--browser", "chromium", "--browser", "chrome", "--browser", "firefox")


def states(command, *arguments):
    found = json.loads(command("list", "--json", *arguments))
    return {entry["browser"]: entry["state"] for entry in found}


def test_the_extension_id_is_chromiums():
    assert identity.extension_id() == "ibaicfimpnloochnmcaflgfhaenealaa"


def test_install_writes_what_each_browser_reads(command, home):
    command("install", *EVERY)
    launcher = home / ".local/share/odc-agent/native-host/odc-native-host"
    common = {"name": "org.odc.agent", "path": str(launcher), "type": "stdio"}
    for folder in (".config/chromium", ".config/google-chrome"):
        path = home / folder / "NativeMessagingHosts" / "org.odc.agent.json"
        manifest = json.loads(path.read_text("utf-8"))
        assert manifest.items() >= common.items()
        assert manifest["allowed_origins"] == [
            "chrome-extension://ibaicfimpnloochnmcaflgfhaenealaa/"
        ]
        assert "allowed_extensions" not in manifest
    path = home / ".mozilla/native-messaging-hosts/org.odc.agent.json"
    manifest = json.loads(path.read_text("utf-8"))
    assert manifest.items() >= common.items()
    assert manifest["allowed_extensions"] == ["odc-agent@odc.example"]
    assert "allowed_origins" not in manifest
    assert os.access(launcher, os.X_OK)


def test_xdg_config_home_moves_chromiums_folder(command, home, environment):
    environment["XDG_CONFIG_HOME"] = str(home / "elsewhere")
    command("install", "--browser", "chromium")
    assert (home / "elsewhere/chromium/NativeMessagingHosts/org.odc.agent.json").is_file()


def test_a_browser_that_is_not_here_is_left_alone(command, home, environment):
    environment["PATH"] = str(home)
    (home / ".mozilla").mkdir()
    command("install")
    assert states(command) == {
        "chromium": "missing",
        "chrome": "missing",
        "firefox": "registered",
    }
    assert not (home / ".config").exists()


def test_installing_again_touches_nothing(command, home):
    command("install", *EVERY)
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}
    changes = json.loads(command("install", "--json", *EVERY))
    assert [change["changed"] for change in changes] == [False, False, False]
    after = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}
    assert before == after


def test_a_damaged_registration_is_seen_and_mended(command, home):
    command("install", *EVERY)
    path = home / ".config/chromium/NativeMessagingHosts/org.odc.agent.json"
    manifest = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**manifest, "allowed_origins": []}))
    assert states(command)["chromium"] == "outdated"
    (home / ".local/share/odc-agent/native-host/odc-native-host").unlink()
    assert states(command)["firefox"] == "outdated"
    command("install", *EVERY)
    assert set(states(command).values()) == {"registered"}


def test_remove_takes_what_is_ours_and_nothing_else(command, home):
    command("install", *EVERY)
    hosts = home / ".config/chromium/NativeMessagingHosts"
    foreign = hosts / "org.other.json"
    foreign.write_text("{}")
    theirs = home / ".config/google-chrome/NativeMessagingHosts/org.odc.agent.json"
    theirs.write_text(json.dumps({"path": "/opt/another/host"}))
    assert states(command)["chrome"] == "other"
    command("remove")
    assert foreign.is_file()
    assert theirs.is_file()
    assert not (hosts / "org.odc.agent.json").exists()
    assert not (home / ".local/share/odc-agent/native-host").exists()
    command("remove")


def test_a_profile_is_registered_alone(command, home, environment):
    profile = home / "my profile"
    environment["ODC_HOME"] = str(home / "odc")
    command("install", "--profile", str(profile))
    assert (profile / "NativeMessagingHosts/org.odc.agent.json").is_file()
    assert (home / "odc/native-host/odc-native-host").is_file()
    assert not (home / ".config").exists()
    assert states(command, "--profile", str(profile)) == {"profile": "registered"}
    command("remove", "--profile", str(profile))
    assert states(command, "--profile", str(profile)) == {"profile": "missing"}


def test_no_half_written_files_stay_behind(command, home):
    command("install", *EVERY)
    assert list(home.rglob(".*.json.*")) == []


def test_the_launcher_relays_for_its_own_odc_home(command, home, environment):
    environment["ODC_HOME"] = str(home / "odc")
    command("install", "--profile", str(home / "profile"))
    del environment["ODC_HOME"]  # a browser started from elsewhere does not have it
    launcher = home / "odc/native-host/odc-native-host"
    assert f"os.environ['ODC_HOME'] = {str(home / 'odc')!r}" in launcher.read_text()
    for arguments in (
        ["chrome-extension://ibaicfimpnloochnmcaflgfhaenealaa/"],
        ["/home/x/.mozilla/native-messaging-hosts/org.odc.agent.json", "odc-agent@odc.example"],
        [],
    ):
        with subprocess.Popen(
            [launcher, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
        ) as process:
            relay = Host(process)
            relay.send(request(1, "host.status"))
            assert relay.receive()["result"]["host"] == __version__
            assert relay.end() == (0, b"")


@pytest.mark.parametrize("folder", ["with space", "long" * 40])
def test_an_interpreter_whose_path_no_shebang_holds_is_started_by_a_shell(tmp_path, folder):
    interpreter = tmp_path / folder / "python"
    interpreter.parent.mkdir()
    interpreter.symlink_to(sys.executable)
    script = tmp_path / "script"
    lines = [*_first_lines(str(interpreter)), "import sys; print(sys.argv[1:])"]
    script.write_text("\n".join(lines))
    script.chmod(0o755)
    assert len(lines[0]) <= SHEBANG_LIMIT
    done = subprocess.run([script, "a b", "c"], check=True, text=True, stdout=subprocess.PIPE)
    assert done.stdout.strip() == "['a b', 'c']"


def test_help_shows_examples_and_wrong_arguments_fail(command):
    assert "examples:" in command("--help")
    with pytest.raises(subprocess.CalledProcessError):
        command("nonsense")


def test_each_state_of_a_manifest_has_a_path_that_is_absolute(command, home):
    for entry in json.loads(command("list", "--json")):
        assert Path(entry["manifest"]).is_absolute()
