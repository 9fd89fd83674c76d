"""A PIN as python-pkcs11 takes it."""

from __future__ import annotations

from agent.tokens.errors import PinFormError


def as_text(pin: bytearray) -> str:
    """Return a PIN as python-pkcs11 takes it, which cannot be wiped: hence a process that ends."""
    try:
        return pin.decode("utf-8")
    except UnicodeDecodeError:
        # Without its cause: a traceback would show what was typed.
        raise PinFormError from None
