"""Which kinds of keys a token can do, by the mechanisms it lists (PKCS#11 v2.40, 2.1 and 2.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pkcs11 import Mechanism

from agent.tokens.worker.keys import CURVES

# To generate, and to sign as agent/tokens/worker/keys.py does.
_NEEDED = {
    "rsa": (Mechanism.RSA_PKCS_KEY_PAIR_GEN, Mechanism.SHA256_RSA_PKCS),
    "ec": (Mechanism.EC_KEY_PAIR_GEN, Mechanism.ECDSA),
}


def first_possible(slot: Any, key_types: Iterable[str]) -> str | None:  # noqa: ANN401
    """Return the first of ``key_types`` the slot's token can generate and sign with."""
    offered = slot.get_mechanisms()
    return next((key_type for key_type in key_types if _can_do(slot, offered, key_type)), None)


def _can_do(slot: Any, offered: set[Any], key_type: str) -> bool:  # noqa: ANN401
    family, _, size = key_type.partition(":")
    bits = CURVES[size].key_size if family == "ec" else int(size)
    return all(
        mechanism in offered and _is_in_range(slot.get_mechanism_info(mechanism), bits)
        for mechanism in _NEEDED[family]
    )


def _is_in_range(info: Any, bits: int) -> bool:  # noqa: ANN401
    # A module that tells no largest size leaves it at 0.
    return not info.max_key_length or info.min_key_length <= bits <= info.max_key_length
