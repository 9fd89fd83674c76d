"""A driver whose files are for a group: who is not in it is told so, and how to get in."""

from __future__ import annotations

import grp
import os
import subprocess
import sys
from pathlib import Path

import pytest
from check_desk import CheckDesk, said

from agent.checks.model import CheckState
from agent.checks.probes.driver_access import bar_of, look_for_bar
from agent.checks.verdicts.drivers import Bar, Driver, Drivers, judge_drivers
from agent.ground.language import Language
from agent.tokens.discovery import Discovery
from agent.tokens.discovery.found import FoundModule, Source
from agent.tokens.errors import TokenError
from agent.tokens.model import ModuleSettings

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
ROOT = Path(__file__).resolve().parents[2]
FAILED = TokenError(module="libsofthsm2.so", reason="GeneralError").report()
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="root alone can be somebody else")


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_driver_with_an_error_never_has_a_tick(is_wanted):
    driver = Driver(name="SoftHSM", is_wanted=is_wanted, has_answered=True, problems=(FAILED,))
    [finding] = judge_drivers(Drivers(served=(driver,)))
    assert finding.state is (CheckState.FAILED if is_wanted else CheckState.WARNING)


@pytest.mark.parametrize(
    ("is_member", "advice"),
    [
        (False, "Have yourself added (administrator: `adduser li softhsm`), then log in again."),
        (True, "You have been added to the group: log out and in again."),
    ],
)
def test_who_is_not_in_the_group_is_told_what_to_do(is_member, advice):
    bar = Bar(file="/etc/softhsm/softhsm2.conf", group="softhsm", user="li", is_member=is_member)
    driver = Driver(name="SoftHSM", is_wanted=False, has_answered=True, problems=(FAILED,), bar=bar)
    [finding] = judge_drivers(Drivers(served=(driver,)))
    assert finding.state is CheckState.FAILED
    assert finding.advice.text(Language.EN) == advice
    assert "/etc/softhsm/softhsm2.conf is for the group softhsm only" in finding.said.text(
        Language.EN
    )


@needs_root
def test_the_group_is_found_for_a_user_who_is_not_in_it():
    """SoftHSM as Debian installs it, looked at by nobody."""
    look = (
        "from agent.checks.probes.driver_access import look_for_bar\n"
        f"bar = look_for_bar({MODULE!r}, []); print(bar.group, bar.user, bar.is_member)"
    )
    nobody = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]
    told = subprocess.run(
        [*nobody, sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert told.split() == ["softhsm", "nobody", "False"]


def test_what_may_be_read_or_is_not_there_bars_nobody(tmp_path):
    assert bar_of(tmp_path) is None
    assert bar_of(tmp_path / "not there") is None
    assert look_for_bar(str(tmp_path / "another.so"), []) is None


@needs_root
def test_the_first_closed_folder_on_the_way_is_named(short_folder):
    closed = short_folder / "closed"
    (closed / "tokens").mkdir(parents=True)
    group = grp.getgrnam("daemon")
    os.chown(closed, 0, group.gr_gid)
    closed.chmod(0o750)
    short_folder.chmod(0o755)
    os.setresuid(65534, 65534, 0)
    try:
        bar = bar_of(closed / "tokens")
    finally:
        os.setresuid(0, 0, 0)
    assert bar == Bar(file=str(closed), group="daemon", user="nobody", is_member=False)


async def test_the_check_asks_only_where_a_driver_fails(own_folders, tmp_path):
    broken = tmp_path / "driver.so"
    broken.write_bytes(b"no library")
    module = FoundModule(
        settings=ModuleSettings(path=str(broken)), name="Mine", source=Source.CONFIG, is_wanted=True
    )
    async with CheckDesk(discovery=Discovery(modules=(module,))) as desk:
        state, text = said(await desk.check("modules"))
    assert state is CheckState.FAILED
    assert "cannot be loaded" in text
