"""PIN and PUK: set once, verified, changed, unblocked; each wrong try costs one.

ISO 7816-4:2013, 7.5.6 to 7.5.10. The PIN has reference 1, the PUK 2, as in the IsoApplet.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sandbox.usb_token.state import CardState, Reference
from sandbox.usb_token.status import TRIES_LEFT, CardError, StatusWord

TRIES = 6
"""Wrong tries that lock; common tokens have 6 or 10."""
FIELD = 16
"""Bytes a PIN is padded to with zeros where another follows it."""
PIN_REFERENCE = 1
PUK_REFERENCE = 2
_SHORTEST = {PIN_REFERENCE: 4, PUK_REFERENCE: 16}


class Pins:
    """The PIN and PUK of a card, and whether the PIN has been verified since power came."""

    def __init__(self, state: CardState) -> None:
        self._state = state
        self.is_verified = False

    def set_first(self, reference: int, value: bytes) -> None:
        """CHANGE REFERENCE DATA with P1=01: give the card its PIN or PUK, once."""
        if reference == PIN_REFERENCE and self._state.pin is None:
            self._state.pin = _new(value, PIN_REFERENCE)
            # The holder has just proved to know it; pkcs15-init goes on to write protected files.
            self.is_verified = True
        elif reference == PUK_REFERENCE and self._state.puk is None:
            self._state.puk = _new(value, PUK_REFERENCE)
        else:
            raise CardError(StatusWord.CONDITIONS_NOT_SATISFIED)

    def status(self) -> None:
        """VERIFY without data: succeed when verified, else tell the tries that are left."""
        if not self.is_verified:
            raise CardError(_tries_left(_existing(self._state.pin)))

    def verify(self, value: bytes) -> None:
        """VERIFY the PIN."""
        pin = _existing(self._state.pin)
        self.is_verified = False
        _try(pin, value)
        self.is_verified = True

    def change(self, data: bytes) -> None:
        """CHANGE REFERENCE DATA with P1=00: the old PIN, padded, then the new one."""
        pin = _existing(self._state.pin)
        new = _new(data[FIELD:], PIN_REFERENCE)
        self.is_verified = False
        _try(pin, data[:FIELD])
        self._state.pin = new
        self.is_verified = True

    def unblock(self, data: bytes) -> None:
        """RESET RETRY COUNTER: the PUK, padded, and with it a new PIN or none."""
        pin, puk = _existing(self._state.pin), _existing(self._state.puk)
        new = _new(data[FIELD:], PIN_REFERENCE) if len(data) > FIELD else None
        _try(puk, data[:FIELD])
        pin.tries_left = TRIES
        self._state.pin = new or pin
        self.is_verified = False


def _existing(reference: Reference | None) -> Reference:
    if reference is None:
        raise CardError(StatusWord.REFERENCE_NOT_FOUND)
    return reference


def _new(value: bytes, reference: int) -> Reference:
    digits = value.rstrip(b"\0")
    if not _SHORTEST[reference] <= len(digits) <= FIELD:
        raise CardError(StatusWord.WRONG_DATA)
    salt = secrets.token_bytes(16)
    return Reference(salt=salt, digest=_digest(salt, digits), tries_left=TRIES)


def _try(reference: Reference, value: bytes) -> None:
    """Compare; a wrong value costs a try, a right one gives all tries back."""
    if not reference.tries_left:
        raise CardError(StatusWord.BLOCKED)
    if not hmac.compare_digest(_digest(reference.salt, value.rstrip(b"\0")), reference.digest):
        reference.tries_left -= 1
        raise CardError(_tries_left(reference))
    reference.tries_left = TRIES


def _tries_left(reference: Reference) -> int:
    return TRIES_LEFT | reference.tries_left if reference.tries_left else StatusWord.BLOCKED


def _digest(salt: bytes, value: bytes) -> bytes:
    # Cheap on purpose: it keeps the digits out of the file, not a thief from guessing six of them.
    return hashlib.scrypt(value, salt=salt, n=1024, r=8, p=1)
