"""Somebody at a Windows, with keyboard and mouse: the tray's menu, the PIN window, a whole renewal.

One Windows for all of them; what changes something has a desk and an agent of its own.
"""

from __future__ import annotations

import json
import sys
from functools import partial

import pytest
from desks import desk_for
from parts import ROOT
from seat import ICON, desktop, sitting, until, zh

sys.path.append(str(ROOT / "tests" / "desktop"))

from display import artefacts

from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName
from agent.renewals.dossier.findings import DOCUMENT_NAMES, FIELD_NAMES
from sandbox.authority.sms import Outbox
from sandbox.desk.desk import Holder

pytestmark = [pytest.mark.wine, pytest.mark.timeout(1800), pytest.mark.xdist_group("seat")]

PIN_LINE = 81
"""Pixels from the menu's lower edge to its line of that name."""
PIN, NEW_PIN = Holder().pin, "246802"


PIN_TITLE, RENEW_TITLE = zh("Change PIN"), zh("Renew certificate")


@pytest.fixture(scope="module")
def there():
    with desktop() as (windows, display):
        yield windows, display


@pytest.fixture(scope="class")
def desk(there):
    windows, _ = there
    with desk_for(windows) as desk:
        yield desk


@pytest.fixture(scope="class")
def seat(there, desk, tmp_path_factory):
    windows, display = there
    with sitting(windows, display) as seat:
        yield seat
        # For whoever looks why it failed.
        seat.shot().save(artefacts(tmp_path_factory.mktemp("seen")) / "end.png")


def log_of(desk):
    return (desk.folder / "logs" / "agent.log").read_text("utf-8")


class TestAtTheTaskBar:
    """Neither leaves anything that the other sees."""

    def test_the_trays_menu_opens_the_window_in_which_keys_change_the_pin(self, desk, seat):
        until(seat.has_icon)
        seat.click(*ICON, button=3)
        left, _, _, bottom = until(seat.menu)
        seat.click(left + 60, bottom - PIN_LINE)
        seat.fill_in(PIN_TITLE, zh("Old PIN"), f"{PIN}9")
        seat.press("BackSpace")
        for name in ("New PIN", "Repeat the new PIN"):
            seat.go_to(PIN_TITLE, zh(name))  # over the button that shows it
            seat.fill_in(PIN_TITLE, zh(name), NEW_PIN)
        seat.press("Return")
        until(lambda: "PIN changed" in log_of(desk))
        seat.press("Escape")
        until(lambda: not seat.is_in_front(PIN_TITLE))

    def test_the_environment_check_says_why_notices_come_as_balloons(self, desk, seat):
        """Wine has no toasts, which the real library says, and the balloon has come."""
        until(lambda: "no buttons: toasts:" in log_of(desk))
        [item] = seat.call("checks.run", names=["notices"])["items"]
        assert item["state"] == "warning", item
        assert item["text"].startswith("Windows 不显示本程序带按钮的通知"), item


class Renewal:
    """The renewal as the agent knows it."""

    def __init__(self, seat):
        self._seat = seat

    @property
    def view(self):
        return next(iter(self._seat.call("renewals.list")["renewals"]), None)

    @property
    def dossier(self):
        return self._seat.call("dossiers.get", id=self.view["id"])

    def waits_for(self, what):
        return self.view is not None and self.view["waiting"] == what

    def has(self, field, value):
        return self.dossier["applicant"].get(field) == value


def test_a_renewal_by_keys(there, desk, seat):
    windows, _ = there
    renewal = Renewal(seat)
    seat.open("renew", RENEW_TITLE)
    press(seat, zh("Update both"))
    fill_in(seat, renewal, json.loads((desk.dossier / "applicant.json").read_text("utf-8")))
    add_scans(seat, renewal, {file.stem: windows.path(file) for file in desk.dossier.iterdir()})
    seat.go_to(RENEW_TITLE, zh("Submit"))
    press(seat, zh("Submit"))
    enter(seat, zh("PIN"), PIN)
    press(seat, zh("Send the code"))
    outbox = Outbox(desk.home.outbox)
    until(lambda: outbox.messages(renewal.view["id"]))
    enter(seat, zh("SMS code"), outbox.messages(renewal.view["id"])[-1].code)
    until(lambda: renewal.waits_for("PIN"))
    enter(seat, zh("PIN"), PIN)
    until(lambda: renewal.view["state"] == "installed", what=lambda: renewal.view)
    assert renewal.view["text"] == "您的新证书已安装成功!"
    seat.at(RENEW_TITLE, zh("Close"))
    seat.press("Escape")
    until(lambda: not seat.is_in_front(RENEW_TITLE))


def press(seat, name):
    """Press the button of this name, once it has the keyboard."""
    seat.at(RENEW_TITLE, name)
    seat.press("space")


def enter(seat, name, text):
    """Type a text into the field of this name, and confirm it."""
    seat.fill_in(RENEW_TITLE, name, text)
    seat.press("Return")


def fill_in(seat, renewal, applicant):
    """Fill in one field after the other; the first has the keyboard. What is Chinese is pasted."""
    for number, (field, value) in enumerate(applicant.items()):
        name = zh(FIELD_NAMES[ApplicantField(field)])
        if number:
            seat.go_to(RENEW_TITLE, name)
        seat.fill_in(RENEW_TITLE, name, value, paste=not value.isascii())
        until(partial(renewal.has, field, value))


def add_scans(seat, renewal, files):
    """Choose the first one's file in Windows' own dialog; paste the others as files."""
    for number, document in enumerate(DocumentName):
        way = "Choose a file…" if number == 0 else "Paste"
        seat.go_to(RENEW_TITLE, f"{zh(DOCUMENT_NAMES[document])}: {zh(way)}")
        if number == 0:
            choose(seat, files[document.value])
        else:
            seat.ask("copy_file", files[document.value])
            seat.press("space")
        until(lambda n=number: len(renewal.dossier["scans"]) == n + 1)


def choose(seat, file):
    """Have Windows' own dialog opened, and name a file there, again where it was not ready for it yet."""
    seat.press("space")
    until(lambda: seat.ask("front") not in ("", RENEW_TITLE))
    seat.ask("copy", file)

    def taken():
        seat.settled()
        seat.press("ctrl+a", "ctrl+v", "Return")
        return until(lambda: seat.seen(RENEW_TITLE), fails=False)

    until(taken)
