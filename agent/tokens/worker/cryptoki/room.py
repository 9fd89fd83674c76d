"""Whether there is room on a token: by its own word, else by placing something there for a moment."""

from __future__ import annotations

from typing import Any

from pkcs11 import Attribute, ObjectClass

from agent.tokens import protocol
from agent.tokens.worker.cryptoki.access import TokenAccess
from agent.tokens.worker.cryptoki.objects import search
from agent.tokens.worker.cryptoki.token_info import TokenInfo, read_token_info

_PLACEHOLDER = {
    Attribute.CLASS: ObjectClass.DATA,
    Attribute.LABEL: "odc-agent placeholder",
}
"""By these a placeholder that a kill left behind is known. CKA_APPLICATION would not do: OpenSC 0.23
stores it with whatever follows it in memory."""


def check_room(access: TokenAccess, request: protocol.CheckRoom) -> None:
    """Find out whether something of that size still fits."""
    remove_placeholders(access.session)
    info = read_token_info(access.module.path, access.session.token.slot.slot_id)
    if not is_said_to_fit(info, request.bytes):
        with access.writing():
            place_placeholder(access.session, request.bytes)
        remove_placeholders(access.session)


def is_said_to_fit(info: TokenInfo, size: int) -> bool:
    """Return whether the token says so. That it says no proves nothing: some leave the fields at 0."""
    told = [
        free for free in (info.free_public_memory, info.free_private_memory) if free is not None
    ]
    return bool(told) and min(told) >= size


def place_placeholder(session: Any, size: int) -> None:  # noqa: ANN401 - python-pkcs11 is untyped
    """Store ``size`` bytes; PKCS11Error where they do not fit."""
    content = {Attribute.TOKEN: True, Attribute.PRIVATE: False, Attribute.VALUE: bytes(size)}
    session.create_object(_PLACEHOLDER | content)


def remove_placeholders(session: Any) -> None:  # noqa: ANN401
    """Remove whatever of them is there."""
    for found in search(session, _PLACEHOLDER):
        found.destroy()
