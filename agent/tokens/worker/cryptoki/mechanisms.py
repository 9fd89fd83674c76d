"""Which kinds of keys a token can do, by the mechanisms it lists (PKCS#11 v2.40, 2.1 and 2.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pkcs11 import Mechanism, MechanismFlag

from agent.tokens.worker.cryptoki.keys import CURVES

Usage = Literal["sign", "decrypt"]

# To generate, and to use as keys.py and decryption.py do.
_NEEDED: dict[tuple[str, Usage], tuple[Mechanism, ...]] = {
    ("rsa", "sign"): (Mechanism.RSA_PKCS_KEY_PAIR_GEN, Mechanism.SHA256_RSA_PKCS),
    ("rsa", "decrypt"): (Mechanism.RSA_PKCS_KEY_PAIR_GEN, Mechanism.RSA_PKCS),
    ("ec", "sign"): (Mechanism.EC_KEY_PAIR_GEN, Mechanism.ECDSA),
}
# It may be there to sign with alone.
_FLAGS = {Mechanism.RSA_PKCS: MechanismFlag.DECRYPT}


def first_possible(slot: Any, key_types: Iterable[str], usage: Usage) -> str | None:  # noqa: ANN401
    """Return the first of ``key_types`` the slot's token can generate and use so."""
    offered = slot.get_mechanisms()
    return next(
        (key_type for key_type in key_types if _can_do(slot, offered, key_type, usage)), None
    )


def _can_do(slot: Any, offered: set[Any], key_type: str, usage: Usage) -> bool:  # noqa: ANN401
    family, _, size = key_type.partition(":")
    if (family, usage) not in _NEEDED:
        return False
    bits = CURVES[size].key_size if family == "ec" else int(size)
    return all(
        mechanism in offered and _fits(slot.get_mechanism_info(mechanism), mechanism, bits)
        for mechanism in _NEEDED[family, usage]
    )


def _fits(info: Any, mechanism: Mechanism, bits: int) -> bool:  # noqa: ANN401
    # A module that tells no largest size leaves it at 0.
    is_in_range = not info.max_key_length or info.min_key_length <= bits <= info.max_key_length
    flag = _FLAGS.get(mechanism)
    return is_in_range and (flag is None or bool(info.flags & flag))
