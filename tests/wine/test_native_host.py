"""The native host as a browser finds it: by the registry, in a folder with a Chinese name and blanks."""

from __future__ import annotations

import json
import shutil
import sys
import time

import pytest
from parts import ROOT

sys.path.append(str(ROOT / "tests" / "native_host"))
sys.path.append(str(ROOT / "installer" / "windows"))

from host_process import ORIGIN, Host
from pack import MODULES

from agent import __version__
from native_host.identity import HOST_NAME

pytestmark = pytest.mark.wine

CHROME = r"Software\Google\Chrome"
FOLDER = "程序 文件/证照 管家"
SECONDS = 60


@pytest.fixture(scope="module")
def installed(windows, programs):
    """The folder of programs where people put such things; its agent ends with the file."""
    folder = windows.drive / FOLDER
    shutil.copytree(programs, folder)
    yield folder
    windows.run(folder / "odc-agent.com", "quit")


def test_chromes_registry_leads_to_a_host_that_starts_the_agent(windows, installed):
    windows.run("reg", "add", rf"HKCU\{CHROME}", "/f")
    done = windows.run(installed / "odc-native-host.exe", "install", "--json")
    [told] = json.loads(done.stdout.decode(windows.encoding))
    assert told["browser"] == "chrome"
    named = windows.registry("HKEY_CURRENT_USER", rf"{CHROME}\NativeMessagingHosts\{HOST_NAME}")
    manifest = windows.file(named)
    program = manifest.parent / json.loads(manifest.read_text("utf-8"))["path"]
    assert program == installed / "odc-native-host.exe"

    with windows.start(program, ORIGIN) as process:
        host = Host(process)
        status = host.ask(1, "host.status")["result"]
        assert (status["host"], status["agent"]) == (__version__, None)
        assert answered(host), "no agent ran, one was started and has answered"
        assert host.ask(3, "host.status")["result"]["agent"] == __version__
        process.stdin.close()
        assert process.wait(SECONDS) == 0


def answered(host):
    """Ask until the agent that the first question starts has answered: a busy machine takes its time."""
    deadline = time.monotonic() + SECONDS
    while "result" not in host.ask(2, "browser.status", origin="https://www.gov.cn"):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def test_the_host_is_gone_with_its_browser(windows, installed):
    with windows.start(installed / "odc-native-host.exe", ORIGIN) as process:
        assert Host(process).ask("a", "host.status")["id"] == "a"
        began = time.monotonic()
        process.stdin.close()
        process.wait(SECONDS)
        assert time.monotonic() - began < SECONDS


def test_what_a_browser_waits_for_is_read_from_one_file(windows, installed):
    lib = installed / "lib"
    for module in MODULES[1:]:  # the launcher looks whether the first is there
        place = lib.joinpath(*module.split("."))
        (place / "__init__.pyc" if place.is_dir() else place.with_suffix(".pyc")).unlink()
    with windows.start(installed / "odc-native-host.exe", ORIGIN) as process:
        assert Host(process).ask(1, "host.status")["result"]["host"] == __version__
        process.stdin.close()
        assert process.wait(SECONDS) == 0
