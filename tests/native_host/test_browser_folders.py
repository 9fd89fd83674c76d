"""Folders of browsers that are not the user's own: root runs the command as another user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from host_process import ROOT

from agent.checks.probes.browsers import look_for_browsers
from agent.checks.verdicts.browsers import judge_manifests
from agent.ground.language import Language
from native_host import registration
from native_host.browsers import load_browsers
from native_host.mending import mend_registration
from native_host.targets import user_targets

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root alone can be somebody else")

NOBODY = 65534
FIREFOX = ".mozilla/native-messaging-hosts/org.odc.agent.json"
CHROMIUM = ".config/chromium/NativeMessagingHosts/org.odc.agent.json"
CHROME = ".config/google-chrome/NativeMessagingHosts/org.odc.agent.json"


@pytest.fixture
def home():
    """The home of a user who is not root, with three browsers; its path is open to him."""
    folder = Path(tempfile.mkdtemp(prefix="odc-home-"))
    for name in (".mozilla", ".config/chromium", ".config/google-chrome"):
        (folder / name).mkdir(parents=True)
    for file in (folder, *folder.rglob("*")):
        os.chown(file, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def as_user(home, monkeypatch):
    """The rest of the test is that user, in this very process; its own imports are done."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "ODC_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(home))
    load_browsers()

    def become():
        os.setresuid(NOBODY, NOBODY, 0)

    yield become
    os.setresuid(0, 0, 0)


def targets(home):
    return user_targets(load_browsers(), root=home / "root of the system")


def close(folder, *, mode=0o700, owner=0):
    os.chown(folder, owner, owner)
    folder.chmod(mode)


def registered(home):
    return {str(file.relative_to(home)) for file in home.rglob("org.odc.agent.json")}


@pytest.mark.parametrize(
    ("folder", "left"),
    [
        (".mozilla", {CHROMIUM, CHROME}),
        (".config/chromium", {FIREFOX, CHROME}),
        (".config/google-chrome", {FIREFOX, CHROMIUM}),
    ],
)
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_browser_that_was_started_as_root_keeps_no_other_from_being_registered(
    home, as_user, folder, left, mode
):
    close(home / folder, mode=mode)
    as_user()
    changes = registration.mend([t for t in targets(home) if t.is_present])
    blocked = [change.fault for change in changes if change.fault]
    os.setresuid(0, 0, 0)
    assert registered(home) == left
    assert [fault.text(Language.EN) for fault in blocked] == [
        f"{home / folder} belongs to root, and may not be used by you."
    ]


def test_the_check_names_each_folder_and_what_to_do(home, as_user):
    close(home / ".mozilla")
    close(home / ".config/chromium", mode=0o500, owner=NOBODY)
    as_user()
    found = judge_manifests(look_for_browsers())
    said = {
        finding.said.text(Language.EN): finding.advice.text(Language.EN)
        for finding in found
        if "cannot be told" in finding.said.text(Language.EN)
    }
    assert said == {
        f"Firefox cannot be told of the agent: {home}/.mozilla belongs to root, and may not be used "
        f"by you.": f"Have it given back to you: sudo chown -R nobody {home}/.mozilla",
        f"Chromium cannot be told of the agent: {home}/.config/chromium may not be used by you: its "
        f"permissions are 500.": f"Open it for yourself: chmod u+rwx {home}/.config/chromium",
    }


def test_a_manifest_that_root_left_in_the_users_own_folder_is_replaced(home, as_user):
    file = home / FIREFOX
    file.parent.mkdir()
    os.chown(file.parent, NOBODY, NOBODY)
    file.write_text("{}")
    close(file)
    as_user()
    firefox = [target for target in targets(home) if target.browser == "firefox"]
    (change,) = registration.install(firefox)
    assert (change.changed, change.fault) == (True, None)
    assert [entry.state for entry in registration.entries(firefox)] == ["registered"]


def test_what_is_not_the_users_to_change_is_left_to_the_administrator(home, as_user, monkeypatch):
    elsewhere = Path(tempfile.mkdtemp(prefix="odc-etc-"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(elsewhere))
    as_user()
    chromium = [target for target in targets(home) if target.browser == "chromium"]
    (change,) = registration.install(chromium)
    os.setresuid(0, 0, 0)
    elsewhere.rmdir()
    assert change.fault is not None
    assert change.fault.text(Language.EN) == (
        f"{elsewhere}/chromium/NativeMessagingHosts/org.odc.agent.json "
        "can be written by the administrator only."
    )


def test_a_system_wide_manifest_nobody_can_reach_does_not_stop_the_users_own(home, as_user):
    manifest = home / "root of the system/etc/chromium/native-messaging-hosts/org.odc.agent.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("{}")
    close(manifest.parent)
    as_user()
    chromium = [target for target in targets(home) if target.browser == "chromium"]
    assert [change.fault for change in registration.install(chromium)] == [None]
    assert [entry.state for entry in registration.entries(chromium)] == ["registered"]


def command(*arguments, umask, home):
    environment = {**os.environ, "HOME": str(home), "ODC_LANGUAGE": "en", "PATH": "/usr/bin:/bin"}
    environment.pop("ODC_HOME", None)
    return subprocess.run(
        [sys.executable, "-m", "native_host", *arguments],
        env=environment, cwd=ROOT, text=True, capture_output=True, check=False, umask=umask,
    )  # fmt: skip


@pytest.mark.parametrize("umask", [0o077, 0o027, 0o022])
def test_what_is_for_everybody_is_readable_for_everybody_whatever_the_umask(home, umask):
    image = home / "image"
    image.mkdir(mode=0o755)
    done = command("install", "--system", "--root", str(image), "--launcher",
                   "/usr/bin/odc-native-host", umask=umask, home=home)  # fmt: skip
    assert done.returncode == 0, done.stdout
    modes = {
        stat.st_mode & 0o777 for each in image.rglob("*") if (stat := each.stat()) and each.is_dir()
    }
    assert modes == {0o755}
    assert {file.stat().st_mode & 0o777 for file in image.rglob("*.json")} == {0o644}


def test_a_folder_that_was_closed_to_others_before_is_named(home):
    image = home / "image"
    (image / "etc/opt").mkdir(parents=True)
    (image / "etc/opt").chmod(0o700)
    done = command("install", "--system", "--root", str(image), "--browser", "chrome",
                   "--launcher", "/usr/bin/odc-native-host", umask=0o022, home=home)  # fmt: skip
    assert done.returncode == 1
    assert f"the permissions of {image}/etc/opt are 700" in done.stdout
    assert f"chmod o+rx {image}/etc/opt" in done.stdout
    as_json = command("list", "--json", umask=0o022, home=home)
    assert {entry["browser"] for entry in json.loads(as_json.stdout)} >= {"chrome", "firefox"}


def test_a_home_whose_name_is_not_utf_8_is_refused_in_words_or_served_from_another_folder(
    home, tmp_path, monkeypatch
):
    odd = home / os.fsdecode("用户".encode("gb18030"))
    (odd / ".mozilla").mkdir(parents=True)
    done = command("install", umask=0o022, home=odd)
    assert done.returncode == 1, done.stderr
    assert "its name is not UTF-8" in done.stdout
    assert "XDG_DATA_HOME" in done.stdout
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    done = command("install", umask=0o022, home=odd)
    assert done.returncode == 0, done.stdout
    assert (odd / FIREFOX).is_file()
    assert command("check", umask=0o022, home=odd).returncode == 0


def test_the_agents_log_says_which_browser_and_why(home, as_user, caplog, monkeypatch):
    close(home / ".mozilla")
    as_user()
    caplog.set_level("INFO")

    class Folders:
        browser_tables = home / "none"

    mend_registration(Folders())
    assert f"browser=firefox reason={home}/.mozilla belongs to root" in caplog.text
    assert "registered with browser=chromium" in caplog.text
