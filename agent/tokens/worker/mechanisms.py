"""Which kinds of keys a token can do, by the mechanisms it lists (PKCS#11 v2.40, 2.1 and 2.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pkcs11 import Mechanism

from agent.tokens.worker.keys import CURVES

# To generate, and to sign as agent/tokens/worker/keys.py does or to decrypt as key_import.py does.
_NEEDED = {
    ("rsa", "sign"): (Mechanism.RSA_PKCS_KEY_PAIR_GEN, Mechanism.SHA256_RSA_PKCS),
    ("rsa", "decrypt"): (Mechanism.RSA_PKCS_KEY_PAIR_GEN, Mechanism.RSA_PKCS),
    ("ec", "sign"): (Mechanism.EC_KEY_PAIR_GEN, Mechanism.ECDSA),
}


def first_possible(slot: Any, key_types: Iterable[str], usage: str) -> str | None:  # noqa: ANN401
    """Return the first of ``key_types`` the slot's token can generate and use."""
    offered = slot.get_mechanisms()
    return next((kind for kind in key_types if _can_do(slot, offered, kind, usage)), None)


def _can_do(slot: Any, offered: set[Any], key_type: str, usage: str) -> bool:  # noqa: ANN401
    family, _, size = key_type.partition(":")
    bits = CURVES[size].key_size if family == "ec" else int(size)
    needed = _NEEDED.get((family, usage), ())
    return bool(needed) and all(
        mechanism in offered and _is_in_range(slot.get_mechanism_info(mechanism), bits)
        for mechanism in needed
    )


def _is_in_range(info: Any, bits: int) -> bool:  # noqa: ANN401
    # A module that tells no largest size leaves it at 0.
    return not info.max_key_length or info.min_key_length <= bits <= info.max_key_length
