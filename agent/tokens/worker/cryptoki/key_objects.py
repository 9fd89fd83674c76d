"""The objects of an encryption key pair that an authority made: what is there, and storing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11 import exceptions as p11

from agent.tokens.errors import KeyIdTakenError
from agent.tokens.model import KeyName
from agent.tokens.worker.cryptoki.objects import attribute, find

Template = dict[Attribute, Any]
"""Attributes of an object that is made."""

PRIVATE: Template = {
    Attribute.CLASS: ObjectClass.PRIVATE_KEY,
    Attribute.KEY_TYPE: KeyType.RSA,
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.DECRYPT: True,
    Attribute.SIGN: False,
}
"""What a private half is, however it comes onto the token."""
_PUBLIC = {
    Attribute.CLASS: ObjectClass.PUBLIC_KEY,
    Attribute.KEY_TYPE: KeyType.RSA,
    Attribute.TOKEN: True,
    Attribute.ENCRYPT: True,
    Attribute.VERIFY: False,
}
_REFUSES_UNWRAP = (
    p11.AttributeTypeInvalid,
    p11.AttributeValueInvalid,
    p11.TemplateInconsistent,
    p11.TemplateIncomplete,
)


def is_stored(session: Any, name: KeyName, key: rsa.RSAPublicKey) -> bool:  # noqa: ANN401
    """Return whether both halves of ``key`` are on the token under ``name``.

    Raises:
        KeyIdTakenError: something of another key is.
    """
    halves = [
        find(session, kind, name) for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY)
    ]
    modulus = _number(key.public_numbers().n)
    for half in halves:
        # A private key need not show its modulus.
        if half is not None and bytes(attribute(half, Attribute.MODULUS, modulus)) != modulus:
            raise KeyIdTakenError
    return None not in halves


def store(
    session: Any,  # noqa: ANN401
    put: Callable[[Template], object],
    key: rsa.RSAPublicKey,
    name: KeyName,
    label: str,
) -> None:
    """Store both halves of ``key``, in place of half a pair; PKCS11Error.

    ``put`` stores the private half under the attributes it is given.
    """
    for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
        if (half := find(session, kind, name)) is not None:
            half.destroy()
    named = {Attribute.ID: name, Attribute.LABEL: label}
    try:
        put({**PRIVATE, **named, Attribute.UNWRAP: True})
    except _REFUSES_UNWRAP:
        put({**PRIVATE, **named})
    session.create_object({**_PUBLIC, **named, **_public_parts(key)})


def private_parts(key: rsa.RSAPrivateKey) -> Template:
    """Return a private key's numbers as PKCS#11 v2.40, 2.1.3 has them."""
    numbers = key.private_numbers()
    return _public_parts(key.public_key()) | {
        Attribute.PRIVATE_EXPONENT: _number(numbers.d),
        Attribute.PRIME_1: _number(numbers.p),
        Attribute.PRIME_2: _number(numbers.q),
        Attribute.EXPONENT_1: _number(numbers.dmp1),
        Attribute.EXPONENT_2: _number(numbers.dmq1),
        Attribute.COEFFICIENT: _number(numbers.iqmp),
    }


def _public_parts(key: rsa.RSAPublicKey) -> Template:
    numbers = key.public_numbers()
    return {Attribute.MODULUS: _number(numbers.n), Attribute.PUBLIC_EXPONENT: _number(numbers.e)}


def _number(number: int) -> bytes:
    """Return a "big integer" (PKCS#11 v2.40, 2.1): unsigned, most significant byte first."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
