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
from agent.ground.language import Language
from native_host import identity, registration, registry
from native_host.browsers import BrowserTableError, Family, load_browsers
from native_host.launcher import SHEBANG_LIMIT, launcher_script
from native_host.manifests import manifest
from native_host.targets import profile_targets, system_targets, user_targets


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
    found = states(command)
    assert found.pop("firefox") == "registered"
    assert set(found.values()) == {"missing"}
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
    assert {states(command)[name] for name in EVERY[1::2]} == {"registered"}


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


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("edge", ".config/microsoft-edge"),
        ("brave", ".config/BraveSoftware/Brave-Browser"),
        ("vivaldi", ".config/vivaldi"),
        ("qaxbrowser", ".config/qaxbrowser"),
    ],
)
def test_each_browser_that_was_used_is_registered_with(command, home, environment, name, folder):
    environment["PATH"] = str(home)
    (home / folder).mkdir(parents=True)
    command("install")
    assert (home / folder / "NativeMessagingHosts/org.odc.agent.json").is_file()
    found = states(command)
    assert [browser for browser, state in found.items() if state == "registered"] == [name]


def test_browsers_of_other_systems_are_in_the_table_and_not_offered_here():
    names = {browser.name: browser for browser in load_browsers()}
    assert {"360", "qq"} <= names.keys()
    assert names["360"].place is None
    assert names["360"].win32.key == r"Software\360Chrome\Chrome\NativeMessagingHosts"
    assert all(b.darwin for b in names.values() if b.is_verified)


def test_an_administrator_adds_changes_and_removes_browsers(tmp_path):
    (tmp_path / "house.toml").write_text(
        '[[browser]]\nname = "house"\n[browser.linux]\nuser = "~/.house/Hosts"\n'
        '[[browser]]\nname = "qq"\nenabled = false\n'
    )
    found = {browser.name: browser for browser in load_browsers([tmp_path])}
    assert "qq" not in found
    (target,) = user_targets([found["house"]])
    assert target.path == Path.home() / ".house/Hosts/org.odc.agent.json"


@pytest.mark.parametrize("entry", ['name = "x"\nfolder = "/"', 'name = "x\\n"'])
def test_an_entry_that_is_none_is_named_by_its_file(tmp_path, entry):
    (tmp_path / "wrong.toml").write_text(f"[[browser]]\n{entry}\n")
    with pytest.raises(BrowserTableError, match=r"wrong\.toml"):
        load_browsers([tmp_path])


def system_manifest(root, program, **changes):
    path = root / "etc/chromium/native-messaging-hosts/org.odc.agent.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.loads(manifest(Family.CHROMIUM, program))
    path.write_text(json.dumps({**content, **changes}))
    return path


@pytest.fixture
def chromium(tmp_path, monkeypatch):
    """Chromium as a user's target, below a root folder of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ODC_HOME", str(tmp_path / "odc"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    (browser,) = [b for b in load_browsers() if b.name == "chromium"]
    return user_targets([browser], root=tmp_path)


def test_nothing_is_written_to_a_home_that_a_system_wide_manifest_serves(tmp_path, chromium):
    system_manifest(tmp_path, Path("/bin/true"))
    assert [entry.state for entry in registration.entries(chromium)] == ["system"]
    registration.install(chromium)
    assert not (tmp_path / "home").exists()
    assert not (tmp_path / "odc").exists()


@pytest.mark.parametrize(
    "changes",
    [{"path": "/nowhere/host"}, {"allowed_origins": []}, {"allowed_origins": 7}, {"name": "x"}],
)
def test_a_system_wide_manifest_that_does_not_work_serves_nobody(tmp_path, chromium, changes):
    system_manifest(tmp_path, Path("/bin/true"), **changes)
    assert [entry.state for entry in registration.entries(chromium)] == ["missing"]
    registration.install(chromium)
    assert [entry.state for entry in registration.entries(chromium)] == ["registered"]


def test_what_hides_a_system_wide_manifest_is_taken_away(tmp_path, chromium):
    registration.install(chromium)
    system_manifest(tmp_path, Path("/bin/true"))
    assert [change.changed for change in registration.install(chromium)] == [True]
    assert [entry.state for entry in registration.entries(chromium)] == ["system"]


def test_mending_writes_what_is_missing_but_never_takes_a_browser_for_a_demo(
    tmp_path, chromium, monkeypatch
):
    (tmp_path / "home/.config/chromium").mkdir(parents=True)
    (present,) = user_targets([b for b in load_browsers() if b.name == "chromium"], root=tmp_path)
    assert registration.mend([present]) == [], "ODC_HOME is a home of its own"
    registration.install([present])
    present.path.write_bytes(present.path.read_bytes().replace(b"stdio", b"stdioo"))
    assert [change.changed for change in registration.mend([present])] == [True]
    monkeypatch.delenv("ODC_HOME")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    present.path.unlink()
    assert [change.changed for change in registration.mend([present])] == [True]
    assert registration.mend([present]) == []


def test_a_package_registers_for_everybody(command, tmp_path):
    root = tmp_path / "image"
    program = "/usr/bin/odc-native-host"
    command("install", "--system", "--root", str(root), "--launcher", program)
    found = {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}
    assert found == {
        f"{folder}/org.odc.agent.json"
        for folder in (
            "etc/opt/chrome/native-messaging-hosts",
            "etc/chromium/native-messaging-hosts",
            "etc/opt/edge/native-messaging-hosts",
            "usr/lib/mozilla/native-messaging-hosts",
        )
    }
    for file in root.rglob("*.json"):
        assert json.loads(file.read_text("utf-8"))["path"] == program


@pytest.fixture
def windows(tmp_path, monkeypatch):
    """An installation on Windows, as far as Linux goes: the registry is a table of the test's."""
    entries: dict[tuple[bool, str], str] = {}

    def write(key, manifest, *, system=False):
        return entries.get((system, key)) != entries.setdefault((system, key), manifest)

    monkeypatch.setattr(registry, "read", lambda key, *, system=False: entries.get((system, key)))
    monkeypatch.setattr(registry, "write", write)
    monkeypatch.setattr(registry, "remove", lambda key, *, system=False: entries.pop((system, key)))
    monkeypatch.setattr(registry, "has_vendor", lambda key: "Edge" in key)
    program = tmp_path / "Programs" / "odc-agent.exe"
    program.parent.mkdir()
    program.with_name("odc-native-host.exe").touch(mode=0o755)
    for family in Family:  # as installer/windows does
        content = manifest(family, Path("odc-native-host.exe"))
        program.with_name(f"{family.value}.json").write_bytes(content)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    monkeypatch.delenv("ODC_HOME", raising=False)
    return entries


def families(target):
    return [json.loads(target.path.read_text("utf-8")).get(f"allowed_{kind}") is not None
            for kind in ("origins", "extensions")]  # fmt: skip


def test_an_installer_for_everybody_on_windows_enters_every_browser_and_takes_all_back(
    tmp_path, windows
):
    files = {file.name: file.read_bytes() for file in (tmp_path / "Programs").iterdir()}
    targets = system_targets(load_browsers())
    registration.install(targets)
    assert set(windows) == {(True, b.win32.key) for b in load_browsers() if b.win32}
    for target in targets:
        assert target.path.parent == tmp_path / "Programs"
        assert json.loads(target.path.read_text("utf-8"))["path"] == "odc-native-host.exe"
        assert families(target) == [
            target.family is Family.CHROMIUM,
            target.family is Family.FIREFOX,
        ]
    assert {e.state for e in registration.entries(targets)} == {"registered"}
    users = user_targets(load_browsers())
    assert {e.state for e in registration.entries(users)} == {"system"}
    assert registration.mend(users) == [], "everybody's entries serve this user"
    registration.remove(targets)
    assert windows == {}
    kept = {file.name: file.read_bytes() for file in (tmp_path / "Programs").iterdir()}
    assert kept == files, "an installation's files are its own"


def test_a_user_on_windows_is_entered_where_the_browser_is_and_taken_out_again(tmp_path, windows):
    targets = user_targets(load_browsers())
    assert [change.target.browser for change in registration.mend(targets)] == ["edge"]
    edge = {b.name: b for b in load_browsers()}["edge"].win32.key
    assert windows == {(False, edge): str(tmp_path / "Programs" / "chromium.json")}
    assert registration.mend(targets) == []
    registration.install(targets)
    assert {e.state for e in registration.entries(targets)} == {"registered"}
    registration.remove(targets)
    registration.remove_launcher()
    assert windows == {}
    assert not (tmp_path / "Local").exists()
    assert (tmp_path / "Programs/chromium.json").exists()


def test_a_home_of_its_own_on_windows_names_the_program_too(tmp_path, windows, monkeypatch):
    monkeypatch.setenv("ODC_HOME", str(tmp_path / "家"))
    targets = [t for t in user_targets(load_browsers()) if t.is_present]
    registration.install(targets)
    [file] = windows.values()
    assert Path(file).parent == tmp_path / "家" / "native-host"
    program = tmp_path / "Programs" / "odc-native-host.exe"
    assert json.loads(Path(file).read_text("utf-8"))["path"] == str(program)
    assert {e.state for e in registration.entries(targets)} == {"registered"}
    registration.remove(targets)
    registration.remove_launcher()
    assert program.exists()
    assert not (tmp_path / "家").exists() or not list((tmp_path / "家").iterdir())


def test_a_checkout_on_windows_has_pips_program_or_says_that_there_is_none(
    tmp_path, windows, monkeypatch
):
    python = tmp_path / "检出" / "Scripts" / "python.exe"
    python.parent.mkdir(parents=True)
    monkeypatch.setattr(sys, "executable", str(python))
    targets = [t for t in user_targets(load_browsers()) if t.is_present]
    [change] = registration.install(targets)
    assert change.fault.code == "no_host_program"
    assert str(python.with_name("odc-native-host.exe")) in change.fault.text(Language.EN)
    assert windows == {}
    [entry] = registration.entries(targets)
    assert (entry.state, entry.fault.code) == ("blocked", "no_host_program")
    python.with_name("odc-native-host.exe").touch(mode=0o755)
    assert [c.fault for c in registration.mend(targets)] == [None]
    assert [e.state for e in registration.entries(targets)] == ["registered"]
    [file] = windows.values()
    assert json.loads(Path(file).read_text("utf-8"))["path"].startswith(str(python.parent))


def test_a_frozen_host_gets_its_odc_home_by_a_script(tmp_path, monkeypatch):
    host = tmp_path / "with space" / "odc-native-host"
    host.parent.mkdir()
    host.write_text('#!/bin/sh\necho "$ODC_HOME" "$@"\n')
    host.chmod(0o755)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(host.with_name("odc-agent")))
    monkeypatch.setenv("ODC_HOME", str(tmp_path / "home of it"))
    registration.install(profile_targets([tmp_path / "profile"]))
    monkeypatch.delenv("ODC_HOME")
    manifest_file = tmp_path / "profile/NativeMessagingHosts/org.odc.agent.json"
    launcher = json.loads(manifest_file.read_text("utf-8"))["path"]
    said = subprocess.check_output([launcher, "an", "argument"], text=True)
    assert said == f"{tmp_path / 'home of it'} an argument\n"


def test_check_says_what_is_missing_tries_the_host_and_explains_sandboxes(
    command, home, environment
):
    environment["PATH"] = str(home)
    (home / ".mozilla").mkdir()
    (home / "snap/firefox").mkdir(parents=True)
    said = command("check", check=False)
    assert "Firefox [firefox]: not registered" in said
    assert "Firefox is installed as a Snap" in said
    assert "The host does not answer" in said
    with pytest.raises(subprocess.CalledProcessError):
        command("check")
    command("install")
    said = command("check")
    assert f"The host answers: version {__version__}, agent not running." in said


def test_no_half_written_files_stay_behind(command, home):
    command("install", *EVERY)
    assert list(home.rglob(".*.json.*")) == []


def test_the_launcher_relays_for_its_own_odc_home(command, home, environment):
    environment["ODC_HOME"] = str(home / "odc")
    command("install", "--profile", str(home / "profile"))
    del environment["ODC_HOME"]  # a browser started from elsewhere does not have it
    launcher = home / "odc/native-host/odc-native-host"
    assert str(home / "odc") in launcher.read_text()
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


ODD_FOLDERS = [
    "with space",
    "long" * 40,
    "a $HOME b",
    "a `b",
    "it's",
    'a "b"',
    "back\\slash",
    "用户",
    "#!",
]


@pytest.mark.parametrize("folder", [*ODD_FOLDERS, os.fsdecode(b"\xd3\xc3\xbb\xa7")])
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_an_interpreter_and_a_home_of_any_path_are_started(
    tmp_path, environment, monkeypatch, folder, locale
):
    interpreter = tmp_path / folder / "python"
    interpreter.parent.mkdir()
    interpreter.symlink_to(sys.executable)
    monkeypatch.setenv("ODC_HOME", str(tmp_path / folder))
    launcher = tmp_path / "launcher"
    launcher.write_bytes(launcher_script(str(interpreter)))
    launcher.chmod(0o755)
    assert len(launcher.read_bytes().splitlines()[0]) <= SHEBANG_LIMIT
    environment["LC_ALL"] = locale
    del environment["ODC_HOME"]
    origin = identity.chromium_origins()[0]
    with subprocess.Popen(
        [launcher, origin], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        relay = Host(process)
        relay.send(request(1, "host.status"))
        assert relay.receive()["result"]["host"] == __version__
        assert relay.end() == (0, b"")


def test_help_shows_examples_and_wrong_arguments_fail(command):
    assert "examples:" in command("--help")
    with pytest.raises(subprocess.CalledProcessError):
        command("nonsense")


def test_each_state_of_a_manifest_has_a_path_that_is_absolute(command, home):
    for entry in json.loads(command("list", "--json")):
        assert Path(entry["manifest"]).is_absolute()
