"""A page asks an agent on Windows, and somebody at the keyboard answers: consent, log-in, signing."""

from __future__ import annotations

import base64
import sys
from functools import partial

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from desks import desk_for, skf_desk_for
from parts import ROOT
from seat import desktop, sitting, until, zh

sys.path.append(str(ROOT / "tests" / "desktop"))
sys.path.append(str(ROOT / "tests" / "portal_signing"))

from display import artefacts
from esteid_peer import is_valid

from sandbox.desk.desk import Holder

pytestmark = [pytest.mark.wine, pytest.mark.timeout(1800), pytest.mark.xdist_group("questions")]

SITE, OTHER_SITE = "https://etax.example.gov.cn", "https://fund.sample.gov.cn"
"""Each may ask a person three times at once."""
NONCE = "bm9uY2U" * 7
TEXT = "本单位确认所填信息属实。"
VALID = ("--valid-days", "365")
TOP = 12
"""Pixels from the upper edge of a window to the middle of its title."""


ASKS, USES = zh("A site asks for your consent"), zh("A site wants your token")
PIN, PIN_THERE = zh("PIN"), Holder().pin


@pytest.fixture(scope="module")
def there():
    with desktop() as (windows, display):
        yield windows, display


@pytest.fixture(scope="class")
def seat(there, tmp_path_factory):
    windows, display = there
    with desk_for(windows, ends=VALID), sitting(windows, display) as seat:
        yield seat
        seat.shot().save(artefacts(tmp_path_factory.mktemp("seen")) / "end.png")


def come_to(seat, title):
    """Give a window the keyboard, which it never takes, by a click on its title."""
    left, top, right, _ = until(partial(place_of, seat, title))
    assert not seat.is_in_front(title), "it took the keyboard from who was typing"
    seat.click((left + right) // 2, top + TOP)
    until(lambda: seat.is_in_front(title))


def place_of(seat, title):
    return next((place for name, *place in seat.ask("windows") if name == title), None)


def type_pin(seat, pin=PIN_THERE):
    """Type the PIN once the window listens, and confirm it."""
    seat.fill_in(USES, PIN, pin)
    seat.press("Return")


class TestWithATokenByPkcs11:
    """Each answers a question of its own, and leaves none open."""

    def test_certificates_are_given_to_a_page_that_is_allowed_by_a_key(self, seat):
        seat.ask("page", "browser.certificates", {"origin": SITE})
        come_to(seat, ASKS)
        seat.at(ASKS, zh("Decline"))
        seat.go_to(ASKS, zh("Allow once"))
        seat.press("space")
        answer = seat.ask("answer")["result"]
        assert {each["use"] for each in answer["certificates"]} == {"signing", "encryption"}
        until(lambda: place_of(seat, ASKS) is None)

    def test_a_wrong_pin_is_typed_again_and_the_page_is_logged_in(self, seat):
        seat.ask("page", "browser.login", {"origin": SITE, "nonce": NONCE})
        come_to(seat, USES)
        type_pin(seat, "999999")
        until(lambda: (seen := seat.seen(USES)) and seen.name != PIN)
        type_pin(seat)
        token = seat.ask("answer")["result"]
        assert is_valid(token, SITE, NONCE)
        until(lambda: place_of(seat, USES) is None)

    def test_escape_declines(self, seat):
        seat.ask("page", "browser.login", {"origin": SITE, "nonce": NONCE})
        come_to(seat, USES)
        seat.at(USES, PIN)
        seat.press("Escape")
        assert seat.ask("answer")["error"]["code"] == "consent_denied"
        until(lambda: place_of(seat, USES) is None)

    def test_a_text_is_signed_that_was_shown(self, seat):
        asked = {"origin": OTHER_SITE, "text": TEXT, "encoding": "utf-8"}
        seat.ask("page", "browser.sign_text", asked)
        come_to(seat, USES)
        type_pin(seat)
        signed = seat.ask("answer")["result"]
        certificate = x509.load_der_x509_certificate(base64.b64decode(signed["certificate"]))
        signature = base64.b64decode(signed["signature"])
        certificate.public_key().verify(
            signature, TEXT.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        until(lambda: place_of(seat, USES) is None)


def test_a_page_is_logged_in_with_sm2_by_a_token_that_speaks_skf(there):
    windows, display = there
    with skf_desk_for(windows, ends=VALID) as (_, bench), sitting(windows, display) as seat:
        seat.ask("page", "browser.login", {"origin": SITE, "nonce": NONCE})
        come_to(seat, USES)
        type_pin(seat)
        token = seat.ask("answer")["result"]
        assert token["format"] == "odc-sm2:1.0"
        assert len(base64.b64decode(token["signature"])) == 64
        bench.wait_until(lambda report: report.open_logins == 0)
