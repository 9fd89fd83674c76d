"""PKCS#10 certification requests (RFC 2986; GM/T 0092 for SM2): read, and made to be signed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from cryptography import x509

from agent.keys.attributes import attribute, read_attributes
from agent.keys.certified import is_signed_by
from agent.keys.der import Tag, elements, read_element
from agent.keys.der_writing import (
    bit_string,
    encoded,
    integer,
    sequence,
)
from agent.keys.public_key import PublicKey
from agent.keys.schemes import signature_algorithm

_ATTRIBUTES = 0xA0


class RequestUnreadableError(ValueError):
    """The bytes are no certification request."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was sent; nothing of it is proved before :meth:`is_signed` was asked."""

    subject: bytes
    """Name, as DER."""
    spki: bytes
    """SubjectPublicKeyInfo of the key it is for."""
    attributes: Mapping[str, tuple[bytes, ...]]
    """The values (DER) by dotted OID."""
    csr: x509.CertificateSigningRequest = field(repr=False)
    """As `cryptography` reads it."""

    def key(self) -> PublicKey:
        """Return the key it is for; UnreadableKeyError."""
        return PublicKey.read(self.spki)

    def is_signed(self) -> bool:
        """Return whether it is signed with the key it is for: the proof of possession.

        Raises:
            UnreadableKeyError: the key is of a kind that is not read here.
            UnknownSchemeError: neither is how it is signed.
        """
        return is_signed_by(self.csr, self.key())


def read_request(der: bytes) -> Request:
    """Return the request that ``der`` is; RequestUnreadableError."""
    try:
        whole = x509.load_der_x509_csr(der)
        signed = read_element(whole.tbs_certrequest_bytes).need(Tag.SEQUENCE)
        _, subject, spki, *tagged_attributes = elements(signed)
        attributes = {
            oid: values
            for element in tagged_attributes
            if element.tag == _ATTRIBUTES
            for oid, values in read_attributes(element.content)
        }
    except (ValueError, x509.InvalidVersion) as error:
        raise RequestUnreadableError(str(error)) from error
    return Request(subject.encoded, spki.encoded, attributes, whole)


class RequestDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A request that lacks its signature."""

    subject: bytes
    """Name, as DER."""
    key: PublicKey
    attributes: Mapping[str, bytes] = msgspec.field(default_factory=dict)
    """A value (DER) by dotted OID."""

    @property
    def to_be_signed(self) -> bytes:
        """What the key's private half is to sign, as :meth:`PublicKey.verify` checks it."""
        values = (attribute(oid, value) for oid, value in self.attributes.items())
        listed = encoded(_ATTRIBUTES, *sorted(values))
        return sequence(integer(0), self.subject, self.key.der, listed)

    def signed(self, signature: bytes) -> bytes:
        """Return the whole request as DER."""
        algorithm = signature_algorithm(self.key.family)
        return sequence(self.to_be_signed, algorithm, bit_string(signature))
