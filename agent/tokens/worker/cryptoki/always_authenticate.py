"""Keys that want the PIN again before each use (CKA_ALWAYS_AUTHENTICATE, PKCS#11 v2.40, 4.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkcs11 import Attribute, ObjectClass
from pkcs11 import exceptions as p11

from agent.tokens.errors import PinIncorrectError, PinLockedError
from agent.tokens.model import PinState
from agent.tokens.pin import wipe
from agent.tokens.worker.cryptoki.objects import find
from agent.tokens.worker.cryptoki.pin_text import as_text


class AuthenticatedKey:
    """Such a private key; it is used with the PIN that has just logged in.

    Should the token refuse that PIN nevertheless, it is not given a second time.
    """

    def __init__(self, key: Any, pin: bytearray) -> None:  # noqa: ANN401 - python-pkcs11 is untyped
        self._key = key
        self._pin = pin

    def sign(self, data: bytes, **options: Any) -> bytes:  # noqa: ANN401
        """Sign as the key does, after C_Login with CKU_CONTEXT_SPECIFIC."""
        return self._with_pin(self._key.sign, data, options)

    def decrypt(self, data: bytes, **options: Any) -> bytes:  # noqa: ANN401
        """Decrypt as the key does, likewise."""
        return self._with_pin(self._key.decrypt, data, options)

    def with_object(self, key: Any) -> AuthenticatedKey:  # noqa: ANN401
        """Return the same key, reached by another object; they share the PIN."""
        return AuthenticatedKey(key, self._pin)

    def _with_pin(self, use: Callable[..., Any], data: bytes, options: dict[str, Any]) -> bytes:
        if not self._pin:
            raise PinIncorrectError(pin_state=PinState.COUNT_LOW)
        try:
            return bytes(use(data, pin=as_text(self._pin), **options))
        except p11.PinIncorrect as error:
            self._forget_pin()
            raise PinIncorrectError(pin_state=PinState.COUNT_LOW) from error
        except p11.PinLocked as error:
            self._forget_pin()
            raise PinLockedError from error

    def _forget_pin(self) -> None:
        """Leave nothing to try, for any key of this session."""
        wipe(self._pin)
        self._pin.clear()

    def __getitem__(self, attribute: Attribute) -> Any:  # noqa: ANN401
        return self._key[attribute]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._key, name)


def authenticated(key: Any, pin: bytearray | None) -> Any:  # noqa: ANN401 - as it came, or wrapped
    """Return ``key`` so that it can be used, whether it wants the PIN each time or not.

    On a PIN pad it cannot: python-pkcs11 has no way to ask there between C_SignInit and C_Sign,
    or C_DecryptInit and C_Decrypt.
    """
    try:
        is_wanted = bool(key[Attribute.ALWAYS_AUTHENTICATE])
    except p11.PKCS11Error:
        is_wanted = False  # v2.11 and older do not know the attribute
    return AuthenticatedKey(key, pin) if is_wanted and pin is not None else key


def in_session(key: Any, session: Any) -> Any:  # noqa: ANN401
    """Return the private ``key`` as an object of another session of its token; PKCS11Error."""
    found = find(session, ObjectClass.PRIVATE_KEY, bytes(key[Attribute.ID]))
    if found is None:
        raise p11.ObjectHandleInvalid
    return key.with_object(found) if isinstance(key, AuthenticatedKey) else found
