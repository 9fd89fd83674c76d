"""One PKCS#11 module: loading it and reading what its tokens show without a PIN."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pkcs11
from pkcs11 import Attribute, ObjectClass, SlotFlag, TokenFlag
from pkcs11 import exceptions as p11

from agent.tokens.errors import (
    ModuleLoadError,
    TokenAmbiguousError,
    TokenError,
    TokenFullError,
    TokenMissingError,
)
from agent.tokens.model import (
    CertificateObject,
    LibraryFacts,
    ModuleContent,
    PinState,
    TokenContent,
    TokenFacts,
    TokenReference,
)

_REMOVED = (
    p11.DeviceRemoved,
    p11.TokenNotPresent,
    p11.SessionHandleInvalid,
    p11.SlotIDInvalid,
)

# Flags that say most come first.
_PIN_FLAGS = (
    (TokenFlag.USER_PIN_LOCKED, PinState.LOCKED),
    (TokenFlag.USER_PIN_FINAL_TRY, PinState.FINAL_TRY),
    (TokenFlag.USER_PIN_COUNT_LOW, PinState.COUNT_LOW),
    (TokenFlag.USER_PIN_TO_BE_CHANGED, PinState.TO_BE_CHANGED),
)


def pin_state_of(flags: TokenFlag) -> PinState:
    """Return what the token's flags say of its user PIN."""
    if not flags & TokenFlag.USER_PIN_INITIALIZED:
        return PinState.NOT_SET
    return next((state for flag, state in _PIN_FLAGS if flags & flag), PinState.OK)


class Module:
    """A loaded PKCS#11 library. One thread only: the library is not safe with more."""

    def __init__(self, path: str) -> None:
        try:
            self._library = pkcs11.lib(path)
        except (RuntimeError, p11.PKCS11Error) as error:
            raise ModuleLoadError(module=path, reason=_reason(error)) from error

    def content(self) -> ModuleContent:
        """Read all tokens anew: slots are never trusted across an insertion or removal."""
        slots = self._library.get_slots()
        has_fixed_slots = any(not slot.flags & SlotFlag.REMOVABLE_DEVICE for slot in slots)
        self._see_what_others_did(slots)
        tokens = []
        for slot in self._library.get_slots(token_present=True):
            try:
                token = slot.get_token()
                # A blank token has nothing to show; SoftHSM always has one to offer.
                if token.flags & TokenFlag.TOKEN_INITIALIZED:
                    tokens.append(_token_content(slot.slot_id, token))
            except p11.PKCS11Error as error:
                # Pulled out meanwhile, or broken: the module's other slots are not.
                sys.stderr.write(f"slot {slot.slot_id}: {type(error).__name__}\n")
        return ModuleContent(
            tokens=tuple(tokens),
            library=LibraryFacts(
                description=_text(self._library.library_description),
                manufacturer=_text(self._library.manufacturer_id),
                version=".".join(map(str, self._library.library_version)),
            ),
            slots=len(slots),
            has_fixed_slots=has_fixed_slots,
        )

    def _see_what_others_did(self, slots: list[Any]) -> None:
        """Start the library anew where tokens are not devices that come and go.

        A software token changes by what other processes write, which SoftHSM sees only then. Such
        slots lack CKF_REMOVABLE_DEVICE (PKCS#11 v2.40, 3.2); where it is set, the library watches.
        """
        if not any(slot.flags & SlotFlag.REMOVABLE_DEVICE for slot in slots):
            self._library.reinitialize()

    def token(self, reference: TokenReference, certificate: bytes = b"") -> Any:  # noqa: ANN401
        """Return the token that ``reference`` names, with flags as they are now.

        Args:
            reference: names the token as well as PKCS#11 lets it be named.
            certificate: decides between several of that name: the token must hold it.

        Raises:
            TokenMissingError: it is not plugged in.
            TokenAmbiguousError: several fit; none of them is to be tried with a PIN.
        """
        found = [token for token in self._tokens() if _is_named(token, reference)]
        if len(found) > 1 and certificate:
            found = [token for token in found if _holds(token, certificate)]
        if not found:
            raise TokenMissingError(label=reference.label)
        if len(found) > 1:
            raise TokenAmbiguousError(label=reference.label)
        return found[0]

    def _tokens(self) -> Iterator[Any]:
        for slot in self._library.get_slots(token_present=True):
            try:
                yield slot.get_token()
            except p11.PKCS11Error:
                continue  # pulled out meanwhile, or nothing this module understands


def told_error(error: p11.PKCS11Error, label: str) -> TokenError:
    """Return a PKCS#11 error as it is told to a person."""
    if isinstance(error, _REMOVED):
        return TokenMissingError(label=label)
    if isinstance(error, p11.DeviceMemory):
        return TokenFullError()
    return TokenError(reason=f"{type(error).__name__} {error}".strip())


def _is_named(token: Any, reference: TokenReference) -> bool:  # noqa: ANN401
    return (_text(token.serial), token.label) == (reference.serial, reference.label)


def _holds(token: Any, certificate: bytes) -> bool:  # noqa: ANN401
    with token.open() as session:
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.VALUE: certificate}
        return bool(list(session.get_objects(wanted)))


def _token_content(slot_id: int, token: Any) -> TokenContent:  # noqa: ANN401
    facts = TokenFacts(
        slot=slot_id,
        label=token.label,
        serial=_text(token.serial),
        model=_text(token.model),
        manufacturer=token.manufacturer_id,
        pin_state=pin_state_of(token.flags),
        login_required=bool(token.flags & TokenFlag.LOGIN_REQUIRED),
        protected_authentication_path=bool(token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH),
    )
    with token.open() as session:
        return TokenContent(
            facts=facts,
            certificates=_certificates(session, login_required=facts.login_required),
        )


def _certificates(session: Any, *, login_required: bool) -> tuple[CertificateObject, ...]:  # noqa: ANN401
    visible_keys = {
        bytes(_attribute(key, Attribute.ID, b""))
        for key in session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
    }
    certificates = []
    for found in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
        key_id = bytes(_attribute(found, Attribute.ID, b""))
        # Private keys hide until a PIN is given, so not seeing one says nothing.
        has_key = True if key_id in visible_keys else None if login_required else False
        certificates.append(
            CertificateObject(
                value=bytes(_attribute(found, Attribute.VALUE, b"")),
                id=key_id,
                label=str(_attribute(found, Attribute.LABEL, "")),
                has_private_key=has_key,
            )
        )
    return tuple(certificates)


def _attribute(found: Any, attribute: Attribute, default: Any) -> Any:  # noqa: ANN401
    """Read one attribute; objects are damaged in more ways than can be listed."""
    try:
        return found[attribute]
    except (p11.PKCS11Error, ValueError):
        return default


def _text(value: str | bytes) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text.strip(" \0")


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
