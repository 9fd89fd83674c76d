"""PBMAC1: a MAC whose key PBKDF2 makes of a secret (RFC 8018, 5.2 and 7.1; RFC 9481, 6.1.2). Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import msgspec

from agent.keys.der import DerError, Element, Tag, dotted, elements, first_of, read_element
from agent.keys.der_writing import NULL, integer, object_identifier, octet_string, sequence

PBMAC1 = "1.2.840.113549.1.5.14"
PBKDF2 = "1.2.840.113549.1.5.12"
_DERIVATIONS = frozenset({PBKDF2, "1.2.840.113549.1.5.13"})
"""How the key is made. BouncyCastle 1.72 writes PBES2 in the place of PBKDF2, whose parameters follow."""
ITERATIONS = 100_000
"""Who reads a message may try secrets as fast as this allows."""
MAX_ITERATIONS = 2_000_000
"""Some two seconds of work."""
MAX_SALT_BYTES = 128
_SALT_BYTES = 16
_KEY_BYTES = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
_MAX_KEY_BYTES = 64
_HMAC_SHA1, _HMAC_SHA256 = "1.2.840.113549.2.7", "1.2.840.113549.2.9"
_DIGESTS = {
    _HMAC_SHA1: "sha1",
    "1.2.840.113549.2.8": "sha224",
    _HMAC_SHA256: "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
"""Both of the pseudorandom function and of the MAC itself."""


class Pbmac1(msgspec.Struct, frozen=True):
    """PBMAC1-params: how a MAC is made of a secret."""

    salt: bytes
    iterations: int = ITERATIONS
    prf: str = _HMAC_SHA256
    """Dotted OID of PBKDF2's pseudorandom function, as the next."""
    mac: str = _HMAC_SHA256
    key_bytes: int = 32

    @classmethod
    def new(cls) -> Pbmac1:
        """Return one with a salt nobody has used."""
        return cls(secrets.token_bytes(_SALT_BYTES))

    @property
    def der(self) -> bytes:
        """The AlgorithmIdentifier (DER)."""
        derivation = sequence(
            octet_string(self.salt),
            integer(self.iterations),
            integer(self.key_bytes),
            # SHA-1 is what PBKDF2 means by default, and DER leaves defaults out (X.690, 11.5).
            b"" if self.prf == _HMAC_SHA1 else sequence(object_identifier(self.prf), NULL),
        )
        parameters = sequence(
            sequence(object_identifier(PBKDF2), derivation),
            sequence(object_identifier(self.mac), NULL),
        )
        return sequence(object_identifier(PBMAC1), parameters)

    def over(self, data: bytes, secret: bytes) -> bytes:
        """Return the MAC over ``data``."""
        prf = _DIGESTS[self.prf]
        key = hashlib.pbkdf2_hmac(prf, secret, self.salt, self.iterations, self.key_bytes)
        return hmac.digest(key, data, _DIGESTS[self.mac])


def read_pbmac1(algorithm: bytes) -> Pbmac1 | None:
    """Return what an AlgorithmIdentifier (DER) says; None where it is another algorithm.

    Raises:
        ValueError: it cannot be read, or its work is beyond all bounds.
    """
    oid, *parameters = _within(read_element(algorithm))
    if dotted(oid.need(Tag.OID)) != PBMAC1:
        return None
    [parameter] = parameters
    derivation, mac = _within(parameter)
    name, *derived = _within(derivation)
    if dotted(name.need(Tag.OID)) not in _DERIVATIONS:
        raise DerError("a MAC whose key is made in an unknown way")
    [derived_by] = derived
    return _checked(_within(derived_by), _algorithm(mac))


def _checked(derivation: list[Element], mac: str) -> Pbmac1:
    """Return what PBKDF2-params and the MAC's name say, within bounds."""
    salt, count, *rest = derivation
    if mac not in _DIGESTS:
        raise DerError("a MAC of an unknown kind")
    # Without a length it is the MAC's own (RFC 8018, A.2).
    key_bytes = _KEY_BYTES[_DIGESTS[mac]]
    if rest and rest[0].tag == Tag.INTEGER:
        key_bytes = _number(rest.pop(0))
    prf = _algorithm(rest.pop(0)) if rest else _HMAC_SHA1
    found = Pbmac1(salt.need(Tag.OCTET_STRING), _number(count), prf, mac, key_bytes)
    if rest or prf not in _DIGESTS:
        raise DerError("a MAC of an unknown kind")
    is_bounded = (
        1 <= found.iterations <= MAX_ITERATIONS
        and 1 <= key_bytes <= _MAX_KEY_BYTES
        and len(found.salt) <= MAX_SALT_BYTES
    )
    if not is_bounded:
        raise DerError("a MAC that takes beyond all bounds")
    return found


def _within(element: Element) -> list[Element]:
    return list(elements(element.need(Tag.SEQUENCE)))


def _algorithm(identifier: Element) -> str:
    return dotted(first_of(identifier.need(Tag.SEQUENCE)).need(Tag.OID))


def _number(element: Element) -> int:
    return int.from_bytes(element.need(Tag.INTEGER), "big", signed=True)
