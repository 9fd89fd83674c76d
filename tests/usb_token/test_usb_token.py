"""Virtual tokens plugged in and pulled out, as pkcs11-tool sees them.

Needs root and the packages pcscd, vsmartcard-vpcd, opensc, opensc-pkcs11, iproute2.
"""

from __future__ import annotations

import os
import re
import signal
import stat
import time

import pytest
from usb_desk import PIN, WRONG

from agent.checks.verdicts.smart_cards import Service, SmartCards
from sandbox.home import Home, SandboxError
from sandbox.usb_token import drawer, opensc
from sandbox.usb_token.drawer import Drawer
from sandbox.usb_token.pins import TRIES
from sandbox.usb_token.vpcd import PORTS

STATES = {"USER_PIN_FINAL_TRY", "USER_PIN_LOCKED"}


def test_an_issued_pair_is_on_the_token(usb):
    issued = usb.issue("usbkey")
    assert issued["configuration"] is None
    objects = usb.pkcs11_tool("--login", "--pin", PIN, "--list-objects")
    for kind in ("Private Key Object", "Public Key Object", "Certificate Object"):
        assert objects.count(kind) == 2
    # Newer OpenSC tells of both ways to sign.
    told = objects.replace("sign, signRecover", "sign")
    assert re.findall(r"Private Key.*\n\s*label:\s*(\w+)\n.*\n\s*Usage:\s*(.*)\n", told) == [
        ("sign", "sign"),
        ("encrypt", "decrypt, unwrap"),
    ]


def test_certificates_are_read_without_a_pin(usb):
    usb.issue("usbkey")
    objects = usb.pkcs11_tool("--list-objects")
    assert objects.count("Certificate Object") == 2
    assert "Private Key Object" not in objects


def test_a_pulled_token_is_gone_and_a_plugged_one_is_back(usb):
    usb.issue("usbkey")
    serial = usb.listed()["usbkey"]["serial"]
    assert usb.serials() == {serial}
    usb.pull("usbkey")
    usb.wait_for_serials()
    usb.plug("usbkey")
    usb.wait_for_serials(serial)
    assert usb.pkcs11_tool("--list-objects").count("Certificate Object") == 2


def test_another_token_has_other_certificates(usb):
    first = usb.issue("first", organisation="First")
    usb.pull("first")
    second = usb.issue("second", organisation="Second")
    assert first["signing_sha256"] != second["signing_sha256"]
    objects = usb.pkcs11_tool("--list-objects")
    assert "CN=Second" in objects
    assert "CN=First" not in objects


def test_two_are_plugged_in_at_once(usb):
    usb.issue("first", organisation="First")
    usb.issue("second", organisation="Second")
    tokens = usb.listed()
    assert {token["port"] for token in tokens.values()} == set(PORTS)
    assert usb.serials() == {token["serial"] for token in tokens.values()}


def test_a_third_has_no_slot(usb):
    usb.plug("first")
    usb.plug("second")
    done = usb.run("usb-token", "plug", "third")
    assert done.returncode == 1
    assert "Both virtual slots are taken" in done.stderr


def test_a_taken_slot_is_said_to_be_taken(usb):
    usb.plug("first")
    done = usb.run("usb-token", "plug", "second", "--port", str(PORTS[0]))
    assert done.returncode == 1
    assert "another card may be in it" in done.stderr
    assert usb.listed()["second"]["port"] is None


def test_who_waited_in_vain_for_a_slot_does_not_slip_in_later(usb, tmp_path, monkeypatch):
    usb.plug("first")
    monkeypatch.setattr(drawer, "PLUG_SECONDS", 1.0)
    another = Drawer(Home.opened(tmp_path / "another"))
    another.make("second")
    with pytest.raises(SandboxError, match="another card may be in it"):
        another.plug("second")
    usb.pull("first")
    usb.wait_for_serials()
    assert another.token("second").port is None


def test_a_token_that_is_plugged_in_already_stays(usb):
    usb.plug("usbkey")
    usb.plug("usbkey")
    assert usb.listed()["usbkey"]["port"] == PORTS[0]


def test_without_a_reader_the_users_language_says_what_to_install(usb, pcscd, monkeypatch):
    pcscd.kill()
    done = usb.run("usb-token", "plug")
    assert done.returncode == 1
    assert "install pcscd and vsmartcard-vpcd" in done.stderr
    assert "没有虚拟读卡器" not in done.stderr
    monkeypatch.setenv("ODC_LANGUAGE", "zh_CN")
    assert "没有虚拟读卡器" in usb.run("usb-token", "plug").stderr


def test_a_service_that_refuses_this_user_is_said_to_before_anything_is_made(tmp_path, monkeypatch):
    """By polkit, as of Debian 13: who sits at the computer may, who came by ssh may not."""
    monkeypatch.setenv("ODC_LANGUAGE", "en")
    refused = SmartCards(service=Service.FORBIDDEN, reason="Access denied")
    monkeypatch.setattr(opensc, "look_at_smart_cards", lambda **_: refused)
    lying_there = Drawer(Home.opened(tmp_path))
    token = opensc.plugged_card(lying_there, "usbkey", tmp_path, "label", PIN)
    with (
        pytest.raises(SandboxError, match=r"this user \(Access denied\).*`pcscd --disable-polkit`"),
        token,
    ):
        pass
    assert lying_there.tokens() == []


def test_a_token_ends_with_the_reader(usb, pcscd):
    usb.plug("usbkey")
    pcscd.kill()
    deadline = time.monotonic() + 5
    while usb.listed()["usbkey"]["port"]:
        assert time.monotonic() < deadline
    pcscd.start()
    usb.plug("usbkey")


def test_a_killed_token_is_pulled_out(usb):
    usb.issue("usbkey")
    os.kill(usb.process("usbkey"), signal.SIGKILL)
    usb.wait_for_serials()
    assert usb.listed()["usbkey"]["port"] is None
    usb.plug("usbkey")
    assert usb.pkcs11_tool("--list-objects").count("Certificate Object") == 2


@pytest.mark.parametrize("name", ["../up", "", ".hidden", "a/b"])
def test_a_name_cannot_leave_the_drawer(usb, name):
    assert usb.run("usb-token", "plug", name).returncode == 1


def test_what_is_kept_is_this_users_alone_and_holds_no_pin(usb):
    usb.issue("usbkey")
    for file in (usb.home.folder / "usb-tokens").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
        assert PIN.encode() not in file.read_bytes()


def test_wrong_pins_count_down_to_the_final_try_and_the_lock_and_the_puk_unblocks(usb):
    usb.format("usbkey")
    outcomes = [(error, STATES & set(flags)) for error, *flags in usb.log_in(*[WRONG] * TRIES)]
    assert outcomes == [
        *[("PinIncorrect", set())] * (TRIES - 2),
        ("PinIncorrect", {"USER_PIN_FINAL_TRY"}),
        ("PinLocked", {"USER_PIN_LOCKED"}),
    ]
    assert usb.log_in(PIN)[0][0] == "PinLocked"
    usb.unblock("usbkey", "246802")
    assert usb.log_in("246802")[0][0] == ""


def test_the_right_pin_gives_all_tries_back(usb):
    usb.format("usbkey")
    outcomes = usb.log_in(*[WRONG] * (TRIES - 1), PIN, *[WRONG] * (TRIES - 1), PIN)
    assert [o[0] for o in outcomes] == (["PinIncorrect"] * (TRIES - 1) + [""]) * 2


def test_tries_are_remembered_over_a_pull(usb):
    usb.format("usbkey")
    usb.log_in(*[WRONG] * (TRIES - 1))
    usb.pull("usbkey")
    usb.plug("usbkey")
    [[error, *flags]] = usb.log_in(WRONG)
    assert error == "PinLocked"
    assert "USER_PIN_LOCKED" in flags


def test_the_pin_can_be_changed(usb):
    usb.format("usbkey")
    usb.pkcs11_tool("--login", "--pin", PIN, "--change-pin", "--new-pin", "246802")
    assert [o[0] for o in usb.log_in(PIN, "246802")] == ["PinIncorrect", ""]


def test_issuing_again_adds_a_pair(usb):
    usb.issue("usbkey")
    usb.issue("usbkey", validity=("--valid-days", "30"))
    assert usb.pkcs11_tool("--list-objects").count("Certificate Object") == 4


def test_issuing_with_a_wrong_pin_costs_one_try_and_records_nothing(usb):
    usb.format("usbkey")
    done = usb.run(
        "issue-token", "--usb-token", "usbkey", "--organisation", "Sample", "--uscc",
        "91440300MA5DA0000F", "--valid-days", "1", "--pin-stdin", stdin=f"{WRONG}\n",
    )  # fmt: skip
    assert done.returncode == 1
    assert "is wrong; it is not tried again" in done.stderr
    assert usb.pkcs11_tool("--list-objects").count("Certificate Object") == 0
    assert "USER_PIN_FINAL_TRY" in usb.log_in(*[WRONG] * (TRIES - 2))[-1]
