"""PasswordBasedMac: what proves two sides to each other that share a secret (RFC 4211, 4.4). Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable

import msgspec

from agent.keys.der import DerError, Element, Tag, dotted, elements, first_of, read_element
from agent.keys.der_writing import NULL, integer, object_identifier, octet_string, sequence

PASSWORD_BASED_MAC = "1.2.840.113533.7.66.13"  # noqa: S105 - an OID
ITERATIONS = 10_000
"""Who reads a message may try secrets as fast as this allows; some servers take no more."""
MAX_ITERATIONS = 100_000
MAX_SALT_BYTES = 128
_SALT_BYTES = 16
_SHA1, _SHA256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
_HMAC_SHA256 = "1.2.840.113549.2.9"
_DIGESTS = {
    _SHA1: "sha1",
    _SHA256: "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_MACS = {
    "1.3.6.1.5.5.8.1.2": "sha1",  # hmac-sha1 (RFC 4210)
    "1.2.840.113549.2.7": "sha1",
    _HMAC_SHA256: "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}


class PasswordMac(msgspec.Struct, frozen=True):
    """PBMParameter: how a MAC is made of a secret."""

    salt: bytes
    iterations: int = ITERATIONS
    digest: str = _SHA256
    """Dotted OID, as the next."""
    mac: str = _HMAC_SHA256

    @classmethod
    def new(cls) -> PasswordMac:
        """Return one with a salt nobody has used."""
        return cls(secrets.token_bytes(_SALT_BYTES))

    @property
    def der(self) -> bytes:
        """The AlgorithmIdentifier (DER)."""
        parameter = sequence(
            octet_string(self.salt),
            sequence(object_identifier(self.digest), NULL),
            integer(self.iterations),
            sequence(object_identifier(self.mac), NULL),
        )
        return sequence(object_identifier(PASSWORD_BASED_MAC), parameter)

    def over(self, data: bytes, secret: bytes) -> bytes:
        """Return the MAC over ``data``."""
        digest: Callable[[bytes], hashlib._Hash] = getattr(hashlib, _DIGESTS[self.digest])
        key = secret + self.salt
        for _ in range(self.iterations):
            key = digest(key).digest()
        return hmac.digest(key, data, _MACS[self.mac])


def read_password_mac(algorithm: bytes) -> PasswordMac | None:
    """Return what an AlgorithmIdentifier (DER) says; None where it is another algorithm.

    Raises:
        ValueError: it cannot be read, or its work is beyond all bounds.
    """
    oid, *parameters = _within(read_element(algorithm))
    if dotted(oid.need(Tag.OID)) != PASSWORD_BASED_MAC:
        return None
    [parameter] = parameters
    salt, digest, count, mac = _within(parameter)
    found = PasswordMac(
        salt.need(Tag.OCTET_STRING),
        int.from_bytes(count.need(Tag.INTEGER), "big", signed=True),
        _algorithm(digest),
        _algorithm(mac),
    )
    if not 1 <= found.iterations <= MAX_ITERATIONS or len(found.salt) > MAX_SALT_BYTES:
        raise DerError("a MAC that takes beyond all bounds")
    if found.digest not in _DIGESTS or found.mac not in _MACS:
        raise DerError("a MAC of an unknown kind")
    return found


def _within(element: Element) -> list[Element]:
    return list(elements(element.need(Tag.SEQUENCE)))


def _algorithm(identifier: Element) -> str:
    return dotted(first_of(identifier.need(Tag.SEQUENCE)).need(Tag.OID))
