"""Renewals of other kinds than the demo's, by an agent on Windows: SM2 on an SKF token, and CMP."""

from __future__ import annotations

import shutil

import pytest
from desks import HOME, SECRET, cmp_desk_for, skf_desk_for
from machine import Language, running
from seat import sitting
from softhsm import softhsm

pytestmark = [pytest.mark.wine, pytest.mark.timeout(1800), pytest.mark.xdist_group("renewals")]


@pytest.fixture(scope="module")
def windows(tmp_path_factory, display):
    folder = tmp_path_factory.mktemp("renewals")
    with running(folder, Language.CHINESE, ODC_HOME=HOME, DISPLAY=display) as windows:
        shutil.copytree(softhsm(), windows.drive / "SoftHSM2" / "lib")
        yield windows


def certificates(seat):
    """Return what lies on the tokens now, by thumbprint."""
    tokens = seat.call("tokens.list", refresh=True)["tokens"]
    return {each["thumbprint"]: each for token in tokens for each in token["certificates"]}


def test_a_pair_of_sm2_is_renewed_on_a_token_that_speaks_skf(windows, display):
    with skf_desk_for(windows) as (_, bench), sitting(windows, display) as seat:
        assert {each["algorithm"] for each in certificates(seat).values()} == {"SM2"}
        renewal = seat.ask("renew", None)
        assert renewal["state"] == "installed", renewal
        found = certificates(seat)
        current = [each for each in found.values() if each["is_current"]]
        assert {each["use"] for each in current} == {"signing", "encryption"}
        assert {each["algorithm"] for each in current} == {"SM2"}
        assert min(each["days_left"] for each in current) > 360
        assert renewal["new_thumbprint"] in found
        assert len(bench.on_disk("skfkey").applications[0].containers) == 2
        bench.wait_until(lambda report: report.open_logins == 0)


def test_a_renewal_by_cmp_with_a_secret_that_was_handed_out(windows, display):
    with cmp_desk_for(windows) as desk, sitting(windows, display) as seat:
        [old] = [each for each in certificates(seat).values() if each["use"] == "signing"]
        renewal = seat.ask("renew", SECRET)
        assert renewal["state"] == "installed", renewal
        assert certificates(seat)[renewal["new_thumbprint"]]["subject"] == old["subject"]
        log = (desk.folder / "logs" / "agent.log").read_bytes()
        assert SECRET["secret"].encode() not in log
