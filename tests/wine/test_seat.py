"""Somebody at a Windows, with keyboard and mouse: the tray's menu, the PIN window, a whole renewal.

One Windows, desk and agent for all of them, in this order.
"""

from __future__ import annotations

import json
import sys
from functools import partial

import pytest
from machine import Language
from parts import ROOT
from seat import ICON, desk_for, desktop, sitting, until

sys.path.append(str(ROOT / "tests" / "desktop"))

from display import artefacts

from sandbox.authority.sms import Outbox
from sandbox.desk.desk import Holder

pytestmark = [
    pytest.mark.wine,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group(Language.CHINESE.name),
]

PIN_TITLE, RENEW_TITLE = "修改PIN码", "证照更新"
PIN_LINE = 81
"""Pixels from the menu's lower edge to its line of that name."""
OLD_PIN, NEW_PIN = Holder().pin, "246802"
DOCUMENTS = (
    "organisation_certificate", "id_card_front", "id_card_back", "authorisation_letter",
)  # fmt: skip
BACK_TO_SUBMIT = 10
"""From the first document over the box and the five fields, round to the last buttons."""
TRY_SECONDS = 30.0


@pytest.fixture(scope="module")
def there():
    """The desktop, and the desk whose authority can be asked."""
    with desktop() as (windows, display), desk_for(windows) as desk:
        yield windows, display, desk


@pytest.fixture(scope="module")
def seat(there):
    windows, display, _ = there
    with sitting(windows, display) as seat:
        yield seat


@pytest.fixture(autouse=True)
def _seen(seat, tmp_path):
    """Leave a picture of how a test ended, for whoever looks why it failed."""
    yield
    seat.shot().save(artefacts(tmp_path) / "end.png")


def log_of(there):
    _, _, desk = there
    return (desk.folder / "logs" / "agent.log").read_text("utf-8")


def test_the_trays_menu_opens_the_window_in_which_keys_change_the_pin(there, seat):
    until(seat.has_icon)
    seat.click(*ICON, button=3)
    left, _, _, bottom = until(partial(menu, seat))
    seat.click(left + 60, bottom - PIN_LINE)
    until(lambda: seat.is_in_front(PIN_TITLE))
    until(lambda: "pin session ended" in log_of(there))  # the token is looked at first
    seat.settled()
    seat.type(f"{OLD_PIN}9")
    seat.press("BackSpace", "Tab", "Tab")  # over the button that shows it
    seat.type(NEW_PIN)
    seat.press("Tab", "Tab")
    seat.type(NEW_PIN)
    seat.press("Return")
    until(lambda: "PIN changed" in log_of(there))
    seat.press("Escape")
    until(lambda: not seat.is_in_front(PIN_TITLE))


def menu(seat):
    """Return where the tray's menu is, the only window without a title that is as high."""
    places = [
        place for title, *place in seat.ask("windows") if not title and place[3] - place[1] > 100
    ]
    return places[0] if places else None


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


def test_a_renewal_by_keys_with_the_new_pin(there, seat):
    windows, _, desk = there
    renewal = Renewal(seat)
    seat.open("renew", RENEW_TITLE)
    press_until(seat, "space", partial(renewal.waits_for, "APPLICANT"))
    seat.settled()
    fill_in(seat, renewal, json.loads((desk.dossier / "applicant.json").read_text("utf-8")))
    add_scans(seat, renewal, {file.stem: windows.path(file) for file in desk.dossier.iterdir()})
    seat.press(*["shift+Tab"] * BACK_TO_SUBMIT, "space")
    enter(seat, renewal, "PIN", NEW_PIN)
    until(partial(renewal.waits_for, "SMS_CODE"))
    outbox = Outbox(desk.home.outbox)
    press_until(seat, "space", lambda: outbox.messages(renewal.view["id"]))
    enter(seat, renewal, "SMS_CODE", outbox.messages(renewal.view["id"])[-1].code)
    enter(seat, renewal, "PIN", NEW_PIN)
    until(lambda: renewal.view["state"] == "installed")
    assert renewal.view["text"] == "您的新证书已安装成功!"
    seat.settled()
    seat.press("Escape")
    until(lambda: not seat.is_in_front(RENEW_TITLE))


def fill_in(seat, renewal, applicant):
    """Fill in one field after the other; the first has the keyboard. What is Chinese is pasted."""
    for number, (field, value) in enumerate(applicant.items()):
        if number:
            seat.press("Tab")
        if value.isascii():
            seat.type(value)
        else:
            seat.ask("copy", value)
            seat.press("ctrl+v")
        until(partial(renewal.has, field, value))


def add_scans(seat, renewal, files):
    """Begin with the last document: the way back leads over buttons that are there already.

    Its scan is chosen in Windows' own dialog; the others are pasted as files.
    """
    seat.press(*["Tab"] * 2 * len(DOCUMENTS))  # over the box, to the last one's first button
    for number, name in enumerate(reversed(DOCUMENTS), 1):
        if number == 1:
            choose(seat, files[name])
        else:
            seat.ask("copy_file", files[name])
            seat.press("ctrl+v")
        until(lambda n=number: len(renewal.dossier["scans"]) == n)
        seat.settled()
        if number < len(DOCUMENTS):
            seat.press("shift+Tab", *["shift+Tab"] * (number > 1))


def choose(seat, file):
    """Have Windows' own dialog opened, and name a file there, again where it was not ready for it yet."""
    seat.press("space")
    until(lambda: seat.ask("front") not in ("", RENEW_TITLE))
    seat.ask("copy", file)

    def taken():
        seat.settled()
        seat.press("ctrl+a", "ctrl+v", "Return")
        return until(lambda: seat.is_in_front(RENEW_TITLE), TRY_SECONDS, fails=False)

    until(taken)


def enter(seat, renewal, what, text):
    """Type what the renewal waits for, again where the page was not ready for it yet."""
    until(partial(renewal.waits_for, what))

    def entered():
        seat.settled()
        seat.press("ctrl+a")
        seat.type(text)
        seat.press("Return")
        return until(lambda: not renewal.waits_for(what), TRY_SECONDS, fails=False)

    until(entered)


def press_until(seat, key, is_done):
    """Press a key, again where the window was not ready for it yet."""

    def pressed():
        seat.settled()
        seat.press(key)
        return until(is_done, TRY_SECONDS, fails=False)

    until(pressed)


def test_the_environment_check_says_why_notices_come_as_balloons(there, seat):
    """Wine has no toasts, which the real library says, and the balloon has come."""
    assert "no buttons: toasts:" in log_of(there)
    [item] = seat.call("checks.run", names=["notices"])["items"]
    assert item["state"] == "warning", item
    assert item["text"].startswith("Windows 不显示本程序带按钮的通知"), item
