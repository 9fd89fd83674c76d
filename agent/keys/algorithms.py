"""What kind of key a certificate is for, from its SubjectPublicKeyInfo (RFC 5280, 4.1.2.7)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ObjectIdentifier

from agent.keys.der import DerError, Element, Tag, dotted, elements, first_of, read_element

RSA = "1.2.840.113549.1.1.1"
EC = "1.2.840.10045.2.1"
SM2 = "1.2.156.10197.1.301"
"""The curve (GM/T 0006); some authorities name the key's algorithm by it too."""


def key_algorithm(key: Element) -> str:
    """Return algorithm and size for people, a dotted OID for others; empty where it cannot be read."""
    try:
        algorithm, parameter = _identifier(key)
        if algorithm == RSA:
            return f"RSA {_modulus_bits(public_bits(key))}"
        if SM2 in (algorithm, parameter):
            return "SM2"
        return f"EC {_curve(parameter)}".rstrip() if algorithm == EC else algorithm
    except DerError:
        return ""


def is_sm2(key: Element) -> bool:
    """Return whether a SubjectPublicKeyInfo holds an SM2 key."""
    return key_algorithm(key) == "SM2"


def public_bits(key: Element) -> bytes:
    """Return the key itself: RSAPublicKey in DER, or a point of a curve.

    Raises:
        DerError: there is no BIT STRING of whole bytes.
    """
    _, bits = _two(key)
    content = bits.need(Tag.BIT_STRING)
    if not content or content[0]:
        raise DerError("whole bytes expected")
    return content[1:]


def _two(sequence: Element) -> tuple[Element, Element]:
    parts = list(elements(sequence.need(Tag.SEQUENCE)))
    if len(parts) != 2:
        raise DerError("two parts expected")
    return parts[0], parts[1]


def _identifier(key: Element) -> tuple[str, str]:
    """Return the OIDs of the algorithm and of its parameters; empty where these are none."""
    parts = list(elements(_two(key)[0].need(Tag.SEQUENCE)))
    if not parts:
        raise DerError("no algorithm")
    has_named_parameter = len(parts) > 1 and parts[1].tag == Tag.OID
    parameter = dotted(parts[1].content) if has_named_parameter else ""
    return dotted(parts[0].need(Tag.OID)), parameter


def _modulus_bits(key: bytes) -> int:
    modulus = first_of(read_element(key).need(Tag.SEQUENCE))
    return int.from_bytes(modulus.need(Tag.INTEGER), "big").bit_length()


def _curve(oid: str) -> str:
    try:
        return ec.get_curve_for_oid(ObjectIdentifier(oid))().name
    except (LookupError, ValueError):
        return oid
