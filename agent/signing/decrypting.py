"""Opening what somebody encrypted to the organisation (招标文件 and the like), for a page that holds it.

The token decrypts the key of a message, the agent its content. Whatever goes wrong once the token is asked is
one error: whoever sends messages to be decrypted must not learn from the kind of a failure (RFC 3218).

A private key that an authority enveloped to the same token looks like any other message. So what holds one
is not handed out, and neither what says that it is more than data. CBC has no seal: this keeps a page from
asking for such a key, not a page that was made to garble one. Of SM2 an authority's envelope
(SM2EnvelopedKey) is sealed for the key that signs, and a token opens messages with the other one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.certificates.extensions import SUBJECT_KEY_ID
from agent.certificates.model import Certificate
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.der import DerError, Tag, elements, first_of, read_element
from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.tokens.errors import KeyEnvelopeInvalidError

if TYPE_CHECKING:
    from agent.tokens.worker.envelope import Envelope, KeyIdentity

_KEY_MARKS = (
    re.compile(rb"\x60\x86\x48\x01\x65\x02\x01\x02\x4e\x05"),  # id-ct-KP-aKeyPackage (RFC 5958, 2)
    # AlgorithmIdentifier and then an OCTET STRING: PrivateKeyInfo; in a public key a BIT STRING follows.
    re.compile(rb"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04"),
    re.compile(rb"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06[\x05-\x0a].{5,10}?\x04", re.DOTALL),
    re.compile(
        rb"\A\x30\x82..\x02\x01\x00\x02\x82.*?\x02\x03\x01\x00\x01\x02\x82", re.DOTALL
    ),  # PKCS#1
    re.compile(rb"\A\x30.{1,3}\x02\x01\x01\x04[\x18-\x42]", re.DOTALL),  # ECPrivateKey (RFC 5915)
    re.compile(
        rb"\A\0{32}.{32}\Z", re.DOTALL
    ),  # of SM2 the number alone, as some authorities send it
    re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
)


class EnvelopeUnreadableError(OdcError):
    """It is no message that can be decrypted here; said before anybody is asked."""

    code = "envelope_unreadable"
    sentence = mark("This is not a message that can be decrypted here.")
    advice = mark(
        "CMS EnvelopedData can be decrypted: for an RSA key with AES-CBC, for an SM2 key with SM4-CBC."
    )


def read_sealed(der: bytes, limit: int) -> Envelope:
    """Return a message as it can be read without a key; EnvelopeUnreadableError."""
    # asn1crypto is loaded with it: an agent at rest should be small.
    from agent.tokens.worker.envelope import read_envelope  # noqa: PLC0415

    try:
        envelope = read_envelope(der, limit=limit, takes_sm=True)
    except KeyEnvelopeInvalidError as error:
        raise EnvelopeUnreadableError from error
    if envelope.is_bare or not envelope.is_data:
        raise EnvelopeUnreadableError
    return envelope


def identity_of(certificate: Certificate) -> KeyIdentity:
    """Return by what a message may name the certificate's key."""
    from agent.tokens.worker.envelope import KeyIdentity  # noqa: PLC0415

    identifiers, names = set(), set()
    try:
        identifiers.add(PublicKey.read(certificate.public_key).identifier)
        said = dict(certificate.extensions).get(SUBJECT_KEY_ID)
        if said is not None:
            identifiers.add(read_element(said).need(Tag.OCTET_STRING))
        names.add(_issuer_and_serial(certificate.der))
    except (DerError, UnreadableKeyError):
        pass  # then it is named less
    return KeyIdentity(frozenset(identifiers), frozenset(names))


def content_of(envelope: Envelope, content_key: bytes) -> bytes | None:
    """Return the content, or None where this is not its key, it was changed, or it holds a private key."""
    try:
        content = bytes(envelope.opened(bytearray(content_key)))
    except (KeyEnvelopeInvalidError, ValueError):
        return None
    return _handed_out(content)


def content_in(blocks: bytes) -> bytes | None:
    """Return the content in what a token decrypted by itself, or None as :func:`content_of` does."""
    from agent.tokens.worker.envelope import without_padding  # noqa: PLC0415

    try:
        content = bytes(without_padding(bytearray(blocks)))
    except KeyEnvelopeInvalidError:
        return None
    return _handed_out(content)


def _handed_out(content: bytes) -> bytes | None:
    return None if any(mark_.search(content) for mark_ in _KEY_MARKS) else content


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, int]:
    signed = first_of(read_element(certificate).need(Tag.SEQUENCE))
    serial, _, issuer, *_ = (
        part for part in elements(signed.need(Tag.SEQUENCE)) if part.tag != 0xA0
    )
    return issuer.encoded, int.from_bytes(serial.content, "big", signed=True)
