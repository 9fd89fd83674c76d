"""What ``browser_ext/build.py`` writes for each browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from chromium import ROOT

from agent import __version__
from native_host.identity import CHROMIUM_KEY, FIREFOX_ID


def run(*arguments, check=True):
    command = [sys.executable, ROOT / "browser_ext" / "build.py", *arguments]
    return subprocess.run(command, check=check, stderr=subprocess.DEVNULL).returncode


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text("utf-8"))


@pytest.mark.parametrize("target", ["chromium", "firefox"])
def test_a_release_runs_on_government_portals_only(tmp_path, target):
    run(target, tmp_path / "out")
    built = manifest(tmp_path / "out")
    (script,) = built["content_scripts"]
    assert script["matches"] == ["https://*.gov.cn/*"]
    assert script["all_frames"] is False
    assert set(built["permissions"]) == {"nativeMessaging", "activeTab", "scripting", "storage"}
    assert "host_permissions" not in built
    assert built["optional_host_permissions"] == ["https://*/*"]
    assert built["version"] == __version__


def test_each_browser_gets_the_identity_its_host_manifest_trusts(tmp_path):
    run("chromium", tmp_path / "c")
    run("firefox", tmp_path / "f", "--developer")
    assert manifest(tmp_path / "c")["key"] == CHROMIUM_KEY
    gecko = manifest(tmp_path / "f")["browser_specific_settings"]["gecko"]
    assert gecko["id"] == FIREFOX_ID
    assert "key" not in manifest(tmp_path / "f")


def test_the_languages_say_the_same_things(tmp_path):
    run("chromium", tmp_path / "out")
    texts = {
        language: json.loads((tmp_path / "out/_locales" / language / "messages.json").read_text())
        for language in ("zh_CN", "en")
    }
    assert texts["zh_CN"].keys() == texts["en"].keys()


def test_a_build_replaces_a_build_and_nothing_else(tmp_path):
    out = tmp_path / "out"
    run("chromium", out)
    (out / "stale.js").touch()
    run("firefox", out)
    assert not (out / "stale.js").exists()
    (tmp_path / "precious").touch()
    assert run("firefox", tmp_path, check=False) == 1
    assert (tmp_path / "precious").exists()


def test_a_release_is_the_same_bytes_wherever_and_whenever_it_is_made(tmp_path):
    """From a copy of the source with other times and modes, under another umask and locale."""
    copy = tmp_path / "elsewhere"
    for folder in ("browser_ext", "native_host", "agent"):
        shutil.copytree(ROOT / folder, copy / folder, copy_function=shutil.copyfile)
    environment = {**os.environ, "TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    environment["PYTHONPATH"] = str(copy)  # before the installed source
    subprocess.run(
        [sys.executable, copy / "browser_ext" / "build.py", "all", tmp_path / "there"],
        check=True, stderr=subprocess.DEVNULL, env=environment, umask=0o077,
    )  # fmt: skip
    run("all", tmp_path / "here")
    made = {file.name: file.read_bytes() for file in (tmp_path / "here").iterdir()}
    assert {name for name in made if name.endswith(".zip")} == {
        "odc-extension-chromium.zip", "odc-extension-firefox.zip",
    }  # fmt: skip
    assert made == {file.name: file.read_bytes() for file in (tmp_path / "there").iterdir()}
