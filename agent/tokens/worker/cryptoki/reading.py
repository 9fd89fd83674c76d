"""Reading what one token shows without a PIN."""

from __future__ import annotations

from typing import Any

from pkcs11 import Attribute, ObjectClass, TokenFlag

from agent.tokens.model import CertificateObject, PinState, TokenContent, TokenFacts
from agent.tokens.worker.cryptoki.objects import attribute, reading_session, search
from agent.tokens.worker.texts import printable

# Flags that say most come first.
_PIN_FLAGS = (
    (TokenFlag.USER_PIN_LOCKED, PinState.LOCKED),
    (TokenFlag.USER_PIN_FINAL_TRY, PinState.FINAL_TRY),
    (TokenFlag.USER_PIN_TO_BE_CHANGED, PinState.TO_BE_CHANGED),
    (TokenFlag.USER_PIN_COUNT_LOW, PinState.COUNT_LOW),
)


# An object that another program is just making is none of the token's yet. SoftHSM lets it be found half
# made, and whoever then reads an attribute of it writes it back as it was: what its maker adds is lost.
_FINISHED = {Attribute.TOKEN: True}


def pin_state_of(flags: TokenFlag) -> PinState:
    """Return what the token's flags say of its user PIN."""
    if not flags & TokenFlag.USER_PIN_INITIALIZED:
        return PinState.NOT_SET
    return next((state for flag, state in _PIN_FLAGS if flags & flag), PinState.OK)


def token_content(token: Any, label: str) -> TokenContent:  # noqa: ANN401 - python-pkcs11 is untyped
    """Return the facts of the token called ``label`` and the certificates on it."""
    facts = TokenFacts(
        slot=token.slot.slot_id,
        label=label,
        serial=printable(token.serial),
        model=printable(token.model),
        manufacturer=printable(token.manufacturer_id),
        pin_state=pin_state_of(token.flags),
        login_required=bool(token.flags & TokenFlag.LOGIN_REQUIRED),
        protected_authentication_path=bool(token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH),
    )
    with reading_session(token) as session:
        certificates = _certificates(session, login_required=facts.login_required)
    return TokenContent(facts=facts, certificates=certificates)


def holds(token: Any, certificate: bytes) -> bool:  # noqa: ANN401
    """Return whether the certificate (DER) is on the token."""
    with reading_session(token) as session:
        wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.VALUE: certificate}
        return bool(search(session, wanted))


def _certificates(session: Any, *, login_required: bool) -> tuple[CertificateObject, ...]:  # noqa: ANN401
    visible_keys = {
        bytes(attribute(key, Attribute.ID, b""))
        for key in search(session, _FINISHED | {Attribute.CLASS: ObjectClass.PRIVATE_KEY})
    }
    certificates = []
    for found in search(session, _FINISHED | {Attribute.CLASS: ObjectClass.CERTIFICATE}):
        key_id = bytes(attribute(found, Attribute.ID, b""))
        # Private keys hide until a PIN is given, so not seeing one says nothing.
        has_key = True if key_id in visible_keys else None if login_required else False
        certificates.append(
            CertificateObject(
                value=bytes(attribute(found, Attribute.VALUE, b"")),
                key=key_id,
                label=printable(str(attribute(found, Attribute.LABEL, ""))),
                has_private_key=has_key,
            )
        )
    return tuple(certificates)
