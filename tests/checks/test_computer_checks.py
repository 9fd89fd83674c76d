"""The computer's own parts, each broken for real: services, disks, browsers, start at login."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from check_desk import said

from agent.checks.model import CheckState
from agent.checks.probes import computer
from agent.checks.probes.smart_cards import look_at_smart_cards
from agent.checks.verdicts.computer import (
    Room,
    Versions,
    judge_disk,
    judge_settings,
    judge_versions,
)
from agent.checks.verdicts.smart_cards import judge_smart_cards
from agent.ground.language import Language
from agent.settings.config import Config
from agent.settings.errors import PolicyKeyError
from agent.system.autostart import this_systems_autostart
from native_host.faults import NotRegisteredError
from sandbox.usb_token import own_pcscd as pcsc

NOBODY = 65534
needs_namespaces = pytest.mark.skipif(pcsc.missing() is not None, reason=str(pcsc.missing()))


@pytest.fixture
def namespaces():
    with pcsc.own_namespaces():
        yield


@needs_namespaces
async def test_without_the_daemon_the_smart_card_service_does_not_run(desk, namespaces):
    state, text = said(await desk.check("smart_cards"))
    assert (state, text) == (CheckState.FAILED, "The smart card service does not run.")


@needs_namespaces
async def test_a_token_that_needs_no_daemon_makes_its_absence_a_warning(token_desk, namespaces):
    assert (await token_desk.check("smart_cards")).state is CheckState.WARNING


@needs_namespaces
async def test_a_daemon_that_runs_tells_its_readers_and_one_that_hangs_is_unknown(desk):
    with pcsc.own_pcscd() as daemon:
        assert said(await desk.check("smart_cards")) == (
            CheckState.OK,
            "The smart card service runs. Readers: 2.",
        )
        os.kill(daemon.pid, signal.SIGSTOP)
        assert said(await desk.check("smart_cards", seconds=0.5))[0] is CheckState.UNKNOWN
        os.kill(daemon.pid, signal.SIGCONT)


@needs_namespaces
def test_a_daemon_that_refuses_this_user_is_told_apart_from_none():
    with pcsc.own_pcscd():
        Path("/run/pcscd/pcscd.comm").chmod(0o600)
        assert as_nobody(lambda: look_at_smart_cards(has_token=False).service.name) == "FORBIDDEN"


def as_nobody(ask):
    """Return what ``ask`` says in a process of a user without rights.

    Not a new program: nobody may be kept from this checkout, as from one in /root.
    """
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os.write(writing, str(ask()).encode())
        except Exception as error:  # noqa: BLE001 - told to the test's own process
            os.write(writing, repr(error).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


def test_a_daemon_that_is_not_installed_is_to_be_installed(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda *_args, **_named: None)
    with pcsc.own_namespaces():
        [found] = judge_smart_cards(look_at_smart_cards(has_token=False))
    assert "apt install pcscd" in found.advice.text(Language.EN)


@needs_namespaces
def test_a_full_disk_is_told_with_the_systems_reason(tmp_path, namespaces):
    full = tmp_path / "full"
    full.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", full], check=True)
    (full / "file").write_bytes(bytes(60_000))
    [room] = computer.look_at_room([full / "not" / "there"])
    assert room.obstacle == "No space left on device"
    [found] = judge_disk([room])
    assert found.state is CheckState.FAILED
    assert "No space left on device" in found.said.text(Language.ZH)


@needs_namespaces
def test_a_disk_that_is_almost_full_is_told_and_each_disk_once(tmp_path, namespaces):
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=50m", "tmpfs", small], check=True)
    rooms = computer.look_at_room([small, small / "x", tmp_path])
    assert CheckState.WARNING in {found.state for found in judge_disk(rooms)}
    assert len(rooms) == 2
    assert not list(small.iterdir())


@pytest.mark.parametrize("below", ["", "odc-agent", "not/there"])
@pytest.mark.parametrize("number", [errno.ESTALE, errno.EIO, errno.ENOTCONN, errno.EACCES])
def test_a_share_that_is_away_is_not_taken_for_the_disk_it_is_mounted_on(
    tmp_path, monkeypatch, number, below
):
    share, found = tmp_path / "share", os.stat

    def away(path, *arguments, **named):
        if isinstance(path, (str, Path)) and Path(path).is_relative_to(share):
            raise OSError(number, os.strerror(number), str(path))
        return found(path, *arguments, **named)

    def refuse(*_arguments, **_named):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "stat", away)
    monkeypatch.setattr(computer.shutil, "disk_usage", refuse)
    [room] = computer.look_at_room([share / below])
    assert (room.folder, room.obstacle) == (str(share / below), os.strerror(number))


def test_what_cannot_be_looked_for_is_a_room_of_its_own(tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    found = computer.look_at_room([tmp_path, loop / "data"])
    assert [room.folder for room in found] == [str(tmp_path), str(loop / "data")]
    assert [bool(room.obstacle) for room in found] == [False, True]


@pytest.mark.parametrize(
    ("megabytes", "state"),
    [(5, CheckState.FAILED), (50, CheckState.WARNING), (500, CheckState.OK)],
)
def test_room_is_judged_by_what_a_renewal_takes(megabytes, state):
    [found] = judge_disk([Room(folder="/x", free=megabytes << 20)])
    assert found.state is state


def test_an_agent_that_was_replaced_on_disk_is_to_be_started_again():
    told = {"running": "1.0", "python": "3.11", "system": "Linux"}
    [well] = judge_versions(Versions(installed="1.0", **told))
    assert well.state is CheckState.OK
    replaced, _ = judge_versions(Versions(installed="1.1", **told))
    assert replaced.state is CheckState.WARNING
    assert "1.1" in replaced.said.text(Language.EN)


def test_the_versions_are_those_of_this_installation():
    versions = computer.look_at_versions()
    assert versions.installed == versions.running
    assert dict(versions.libraries).keys() >= {"cryptography", "OpenSSL"}


def test_a_program_that_has_loaded_a_driver_is_named(tmp_path):
    module = shutil.copy("/usr/lib/softhsm/libsofthsm2.so", tmp_path / "driver.so")
    load = f"import ctypes, sys; ctypes.CDLL({str(module)!r}); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", load], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        assert [name[:6] for name in computer.look_for_programs([str(module)])] == ["python"]
        other.stdin.close()
    assert computer.look_for_programs([str(module)]) == []


@pytest.fixture
def browser(own_folders):
    """This user has used Chromium."""
    folder = own_folders / ".config" / "chromium"
    folder.mkdir(parents=True)
    return folder / "NativeMessagingHosts" / "org.odc.agent.json"


async def test_a_missing_and_a_damaged_registration_are_mended(desk, browser):
    assert (await desk.check("browsers")).state is CheckState.OK
    missing = await desk.check("manifests")
    assert (missing.state, missing.fix) == (CheckState.FAILED, "manifests")
    [mended] = await desk.service().fix("manifests")
    assert mended.state is CheckState.OK
    browser.write_text("{")
    assert said(await desk.check("manifests"))[0] is CheckState.FAILED
    await desk.service().fix("manifests")
    assert (await desk.check("manifests")).state is CheckState.OK


async def test_what_cannot_be_mended_says_why(desk, browser):
    browser.parent.write_text("a file where the folder should be")
    with pytest.raises(NotRegisteredError, match="Not a directory"):
        await desk.service().fix("manifests")


async def test_the_start_at_login_is_switched_on(desk):
    before = await desk.check("autostart")
    assert (before.state, before.fix) == (CheckState.WARNING, "autostart")
    [after] = await desk.service().fix("autostart")
    assert after.state is CheckState.OK


async def test_an_agent_that_is_not_to_start_at_login_is_well(desk):
    desk.config = Config(autostart=False)
    found = await desk.check("autostart")
    assert (found.state, found.fix) == (CheckState.OK, None)


def test_what_of_the_configuration_is_not_used_is_told():
    assert [found.state for found in judge_settings([])] == [CheckState.OK]
    wrong = PolicyKeyError(file="policy.toml", line=3, key="language", reason="no")
    [found] = judge_settings([wrong.report()])
    assert found.state is CheckState.WARNING
    assert "3" in found.said.text(Language.ZH)


async def test_being_started_twice_is_told_and_mended(desk, own_folders):
    this_systems_autostart().switch_on()
    unit = own_folders / ".config/systemd/user/odc-agent.service"
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/usr/bin/true\n")
    wants = unit.parent / "default.target.wants"
    wants.mkdir()
    (wants / unit.name).symlink_to(unit)
    twice = await desk.check("autostart")
    assert (twice.state, twice.fix) == (CheckState.WARNING, "autostart")
    [after] = await desk.service().fix("autostart")
    assert after.state is CheckState.OK
    assert [way.place for way in this_systems_autostart().ways()] == [str(wants / unit.name)]


async def test_a_start_of_what_is_no_longer_there_is_told(desk, own_folders):
    file = own_folders / ".config/autostart/odc-agent.desktop"
    file.parent.mkdir(parents=True)
    file.write_text("[Desktop Entry]\nExec=/opt/gone/odc-agent run\n")
    assert said(await desk.check("autostart"))[0] is CheckState.FAILED
