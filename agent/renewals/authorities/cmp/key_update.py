"""A certificate asked for by a key update (RFC 4211; RFC 9483, 4.1.3): written, and read again. Pure."""

from __future__ import annotations

import msgspec
from cryptography import x509

from agent.certificates.names import issuer_of, subject_of
from agent.keys.der import DerError, Element, Tag, dotted, elements, first_of, read_element
from agent.keys.der_writing import (
    bit_string,
    encoded,
    integer,
    object_identifier,
    sequence,
    tagged,
)
from agent.keys.public_key import PublicKey
from agent.keys.schemes import scheme_named, signature_algorithm
from agent.renewals.authorities.cmp.messages import CmpMessageError

REQUEST_ID = integer(0)
"""certReqId of the one request in a message (RFC 9483, 4.1.1)."""
OLD_CERTIFICATE = "1.3.6.1.5.5.7.5.1.5"
"""id-regCtrl-oldCertID (RFC 4211, 6.5)."""
_SUBJECT, _PUBLIC_KEY, _DIRECTORY_NAME = 5, 6, 4
_SIGNATURE = 0xA1


class KeyUpdateDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A CertRequest that lacks the proof that its key is there."""

    certificate: bytes
    """The one to be replaced (DER)."""
    key: PublicKey
    """The new one."""

    @property
    def to_be_signed(self) -> bytes:
        """CertRequest (DER), which the new key signs."""
        template = sequence(
            tagged(_SUBJECT, subject_of(self.certificate)),
            # Implicit tags, but for a name, which is a CHOICE (RFC 4211, appendix B).
            tagged(_PUBLIC_KEY, read_element(self.key.der).content),
        )
        old = sequence(
            tagged(_DIRECTORY_NAME, issuer_of(self.certificate)),
            integer(x509.load_der_x509_certificate(self.certificate).serial_number),
        )
        controls = sequence(sequence(object_identifier(OLD_CERTIFICATE), old))
        return sequence(REQUEST_ID, template, controls)

    def signed(self, signature: bytes) -> bytes:
        """Return CertReqMessages (DER) with this alone."""
        algorithm = signature_algorithm(self.key.family)
        proof = encoded(_SIGNATURE, algorithm, bit_string(signature))
        return sequence(sequence(self.to_be_signed, proof))


class KeyUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What a key update asks for."""

    subject: bytes
    """Name (DER); empty where it is to stay."""
    key: PublicKey
    request_id: bytes
    """certReqId, as an INTEGER (DER)."""
    is_proved: bool
    """Whether the new key has signed it."""


def read_key_update(body: bytes) -> KeyUpdate:
    """Return what CertReqMessages says of its one request.

    Raises:
        CmpMessageError: it cannot be read, or asks for something else.
    """
    try:
        [message] = _within(read_element(body))
        request, *proofs = _within(message)
        request_id, template, *_ = _within(request)
        fields = {part.tag & 0x1F: part for part in _within(template)}
        key = PublicKey.read(encoded(Tag.SEQUENCE, fields[_PUBLIC_KEY].content))
        return KeyUpdate(
            subject=fields[_SUBJECT].content if _SUBJECT in fields else b"",
            key=key,
            request_id=request_id.encoded,
            is_proved=any(_proves(proof, key, request.encoded) for proof in proofs),
        )
    except (ValueError, KeyError) as error:
        raise CmpMessageError(f"not a key update: {error}") from error


def _proves(proof: Element, key: PublicKey, signed: bytes) -> bool:
    """Return whether a POPOSigningKey without poposkInput proves possession (RFC 4211, 4.1)."""
    if proof.tag != _SIGNATURE:
        return False
    algorithm, signature = elements(proof.content)
    oid = dotted(first_of(algorithm.need(Tag.SEQUENCE)).need(Tag.OID))
    bits = signature.need(Tag.BIT_STRING)
    return bits[:1] == b"\0" and key.verify(signed, bits[1:], scheme_named(oid))


def _within(element: Element) -> list[Element]:
    found = list(elements(element.need(Tag.SEQUENCE)))
    if not found:
        raise DerError("something expected")
    return found
