"""What a token tells of itself beyond python-pkcs11's attributes: PIN lengths and free memory."""

from __future__ import annotations

import ctypes
from typing import Any

import msgspec

from agent.tokens.model import PinLimits
from agent.tokens.pin.transport import MAX_PIN_BYTES
from agent.tokens.worker.cryptoki.functions import get_token_info
from agent.tokens.worker.texts import REPLACEMENT, printable

UNAVAILABLE_INFORMATION = ctypes.c_ulong(-1).value
"""CK_UNAVAILABLE_INFORMATION (PKCS#11 v2.40, 3.2)."""
_LABEL_BYTES = 32


class TokenInfo(msgspec.Struct, frozen=True):
    """Numbers of CK_TOKEN_INFO."""

    pin_limits: PinLimits
    free_public_memory: int | None
    """Bytes; None where the token does not tell."""
    free_private_memory: int | None


def read_token_info(path: str, slot: int) -> TokenInfo:
    """Read the token in ``slot`` of the module at ``path``, which is loaded already; PKCS11Error."""
    info = get_token_info(path, slot)
    return TokenInfo(
        pin_limits=_pin_limits(info.min_pin_len, info.max_pin_len),
        free_public_memory=_known(info.free_public_memory),
        free_private_memory=_known(info.free_private_memory),
    )


def label_of(path: str, token: Any) -> str:  # noqa: ANN401 - python-pkcs11 is untyped
    """Return the label of a token of the module at ``path``, or its model without one; PKCS11Error.

    PKCS#11 wants UTF-8 (v2.40, 3.2), and python-pkcs11 keeps nothing of other bytes, such as GBK: they
    are asked for once more.
    """
    if REPLACEMENT not in token.label:
        return printable(token.label) or printable(token.model)
    texts = bytes(get_token_info(path, token.slot.slot_id).texts)
    return printable(texts[:_LABEL_BYTES], may_be_cut=True)


def _pin_limits(shortest: int, longest: int) -> PinLimits:
    """Return limits that can be met; some modules leave the fields empty."""
    if not 0 < longest <= MAX_PIN_BYTES:
        longest = MAX_PIN_BYTES
    return PinLimits(shortest=shortest if 0 < shortest <= longest else 1, longest=longest)


def _known(amount: int) -> int | None:
    return None if amount == UNAVAILABLE_INFORMATION else amount
