"""CMS SignedData (RFC 5652, 5) in the making: what is to be signed, and the whole around it. Pure.

A key on a token signs in another process, or after a PIN: so a draft says what is to be signed, and is
made whole with whatever signature comes back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import msgspec
from cryptography import x509

from agent.keys.attributes import attribute
from agent.keys.certified import key_of
from agent.keys.der import Tag, elements, first_of, read_element
from agent.keys.der_writing import (
    encoded,
    integer,
    object_identifier,
    octet_string,
    sequence,
    set_of,
    tagged,
)
from agent.keys.public_key import PublicKey
from agent.keys.schemes import USUAL, digest_algorithm, signature_algorithm
from agent.keys.signed_data import (
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    SIGNED_DATA,
    SIGNING_TIME,
    digest_of,
)

_UTC_TIME_ENDS = 2050
"""RFC 5652, 11.3: from then on years have four digits."""


class Elsewhere(msgspec.Struct, frozen=True):
    """Content that does not go with the message (5.2, "external signature"): its digest alone.

    By the digest of how a key of that family signs here (:data:`agent.keys.schemes.USUAL`).
    """

    digest: bytes


@dataclass(frozen=True, kw_only=True)
class SignedDataDraft:
    """A message that lacks its signature."""

    content: bytes | Elsewhere
    certificate: bytes
    """The signer's, as DER; it goes with the message."""
    content_type: str = DATA
    """Dotted OID: what the content is, and is signed to be."""
    attributes: Mapping[str, bytes] = field(default_factory=dict)
    """More that is signed: a value (DER) by dotted OID."""
    signing_time: dt.datetime | None = None
    """What the signer's clock says; nothing proves it."""
    further: tuple[bytes, ...] = ()
    """More certificates that go with it, as DER: its issuers."""

    @cached_property
    def key(self) -> PublicKey:
        """The signer's key; UnreadableKeyError where the certificate is for one not known here."""
        return key_of(x509.load_der_x509_certificate(self.certificate))

    @cached_property
    def to_be_signed(self) -> bytes:
        """What the signer's key is to sign, as :meth:`PublicKey.verify` checks it.

        The attributes as a DER SET OF (5.4): RSA and EC with SHA-256, SM2 with SM3 over Z before it.
        """
        values = {
            **self.attributes,
            CONTENT_TYPE: object_identifier(self.content_type),
            MESSAGE_DIGEST: octet_string(self._digest),
        }
        if self.signing_time is not None:
            values[SIGNING_TIME] = _time(self.signing_time)
        return set_of(*(attribute(oid, value) for oid, value in values.items()))

    def message(self, signature: bytes, unsigned: Mapping[str, bytes] | None = None) -> bytes:
        """Return the whole message: the ContentInfo as DER; ``unsigned`` are more attributes."""
        signed = self.signed_data(signature, unsigned or {})
        return sequence(object_identifier(SIGNED_DATA), tagged(0, signed))

    def signed_data(self, signature: bytes, unsigned: Mapping[str, bytes] | None = None) -> bytes:
        """Return SignedData alone, as it is put into an envelope (6.3)."""
        digest = digest_algorithm(self.key.family)
        return sequence(
            integer(1 if self.content_type == DATA else 3),  # 5.1
            set_of(digest),
            self._encapsulated,
            tagged(0, *sorted({self.certificate, *self.further})),
            set_of(self._signer(digest, signature, unsigned or {})),
        )

    @property
    def _digest(self) -> bytes:
        if isinstance(self.content, Elsewhere):
            return self.content.digest
        return digest_of(USUAL[self.key.family], self.content)

    @property
    def _encapsulated(self) -> bytes:
        """EncapsulatedContentInfo."""
        content_type = object_identifier(self.content_type)
        if isinstance(self.content, Elsewhere):
            return sequence(content_type)
        return sequence(content_type, tagged(0, octet_string(self.content)))

    def _signer(self, digest: bytes, signature: bytes, unsigned: Mapping[str, bytes]) -> bytes:
        more = set_of(*(attribute(oid, value) for oid, value in unsigned.items()))
        return sequence(
            integer(1),
            issuer_and_serial(self.certificate),
            digest,
            # The same attributes, now under their implicit tag.
            encoded(0xA0, read_element(self.to_be_signed).content),
            signature_algorithm(self.key.family, in_message=True),
            octet_string(signature),
            encoded(0xA1, read_element(more).content) if unsigned else b"",
        )


def issuer_and_serial(certificate: bytes) -> bytes:
    """Return IssuerAndSerialNumber (RFC 5652, 10.2.4) of a certificate, both as DER."""
    signed = first_of(read_element(certificate).need(Tag.SEQUENCE))
    serial, _, issuer, *_ = (
        part for part in elements(signed.need(Tag.SEQUENCE)) if part.tag != 0xA0
    )
    return sequence(issuer.encoded, serial.encoded)


def _time(moment: dt.datetime) -> bytes:
    """Return Time as RFC 5652, 11.3 has it: in UTC, to the second."""
    moment = moment.astimezone(dt.UTC)
    if moment.year < _UTC_TIME_ENDS:
        return encoded(Tag.UTC_TIME, f"{moment:%y%m%d%H%M%SZ}".encode())
    return encoded(Tag.GENERALIZED_TIME, f"{moment:%Y%m%d%H%M%SZ}".encode())
