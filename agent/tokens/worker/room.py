"""Whether there is room on a token: by its own word, else by putting something there and removing it."""

from __future__ import annotations

from typing import Any

from pkcs11 import Attribute, ObjectClass

from agent.tokens.errors import TokenFullError
from agent.tokens.worker.objects import search
from agent.tokens.worker.token_info import TokenInfo

_PLACEHOLDER = {
    Attribute.CLASS: ObjectClass.DATA,
    Attribute.LABEL: "odc-agent placeholder",
    Attribute.APPLICATION: "odc-agent",
}


def check_room(session: Any, info: TokenInfo, wanted: int) -> None:  # noqa: ANN401
    """Raise TokenFullError, or the module's error, where ``wanted`` bytes cannot be stored."""
    told = [
        free for free in (info.free_public_memory, info.free_private_memory) if free is not None
    ]
    if told:
        if min(told) < wanted:
            raise TokenFullError
        return
    # One that a kill has left is removed as well.
    for left in search(session, _PLACEHOLDER):
        left.destroy()
    session.create_object(
        _PLACEHOLDER
        | {Attribute.TOKEN: True, Attribute.PRIVATE: False, Attribute.VALUE: bytes(wanted)}
    ).destroy()
