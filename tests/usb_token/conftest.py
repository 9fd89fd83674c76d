"""A pcscd and a drawer of virtual tokens of each test's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tokens"))
sys.path.insert(0, str(Path(__file__).parents[1] / "faulty_module"))
sys.path.insert(0, str(Path(__file__).parents[1] / "journey"))

from usb_desk import UsbDesk

from sandbox.authority.ca import Authority
from sandbox.authority.rules.days import utc_now
from sandbox.home import Home
from sandbox.usb_token import own_pcscd as pcsc


@pytest.fixture
def pcscd():
    """The test runs beside a pcscd of its own, without any other network."""
    reason = pcsc.missing()
    if reason:
        pytest.skip(reason)
    with pcsc.own_pcscd() as daemon:
        yield daemon


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> bytes:
    """A root's key and certificate: generating them takes a while."""
    home = Home.opened(tmp_path_factory.mktemp("authority"))
    Authority.opened(home, utc_now())
    return home.authority.read_bytes()


@pytest.fixture(scope="session")
def issued_tokens(authority, tmp_path_factory) -> Path:
    """A drawer with two tokens that have been issued: ``one`` has expired, ``two`` is about to."""
    reason = pcsc.missing()
    if reason:
        pytest.skip(reason)
    home = Home.opened(tmp_path_factory.mktemp("issued"))
    home.authority.write_bytes(authority)
    desk = UsbDesk(home)
    with pcsc.own_pcscd():
        for name, organisation, validity in (
            ("one", "甲有限公司", ("--expired-days", "961")),
            ("two", "乙有限公司", ("--valid-days", "5")),
        ):
            desk.issue(name, organisation=organisation, validity=validity)
            desk.pull(name)
    return home.folder / "usb-tokens"


@pytest.fixture
def usb(pcscd, authority, short_folder, monkeypatch) -> UsbDesk:
    """A drawer of virtual tokens, and the commands to handle them."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_folder))
    monkeypatch.setenv("ODC_HOME", str(short_folder / "home"))
    monkeypatch.setenv("ODC_LANGUAGE", "en")
    desk = UsbDesk(Home.opened(short_folder / "sandbox"))
    desk.home.authority.write_bytes(authority)
    return desk
