"""PINs by the standard: a number of tries, which a right one gives back; none left is locked. Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import msgspec

from sandbox.skf_token.codes import Sar, SkfError

MOST_TRIES = 10
SHORTEST, LONGEST = 6, 16
"""Bytes; the standard has the shortest alone."""


class Pin(msgspec.Struct, kw_only=True):
    """A PIN: never the digits themselves."""

    salt: bytes
    digest: bytes
    tries_left: int
    tries_most: int
    is_factory: bool
    """It is the one the token left the factory with."""


def new_pin(digits: bytes, *, tries: int = MOST_TRIES, is_factory: bool = False) -> Pin:
    """Return a PIN nobody has tried yet.

    Raises:
        SkfError: it is too short or too long, or not ASCII.
    """
    check_new(digits)
    salt = secrets.token_bytes(16)
    return Pin(
        salt=salt,
        digest=_digest(salt, digits),
        tries_left=tries,
        tries_most=tries,
        is_factory=is_factory,
    )


def check_new(digits: bytes) -> None:
    """Raise SkfError where these cannot become a PIN."""
    if not SHORTEST <= len(digits) <= LONGEST:
        raise SkfError(Sar.PIN_LENGTH)
    if not digits.isascii():
        raise SkfError(Sar.PIN_INVALID)


def is_right(pin: Pin, digits: bytes) -> bool:
    """Return whether these are its digits. The try must have been counted, and be kept, before."""
    return hmac.compare_digest(_digest(pin.salt, digits), pin.digest)


def _digest(salt: bytes, digits: bytes) -> bytes:
    # Cheap on purpose: it keeps the digits out of the file, not a thief from guessing six of them.
    return hashlib.scrypt(digits, salt=salt, n=1024, r=8, p=1)
