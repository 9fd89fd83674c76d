"""CMS SignedData (RFC 5652, 5) with one signer: read and verified, never merely parsed. Pure.

The content types of GM/T 0010 are read beside the standard ones, since authorities' programs write them;
what is made here (:mod:`agent.keys.signing`) has the standard ones, which everybody reads.

Whether a certificate may sign anything is for others to say; its dates are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.keys.attributes import read_attributes
from agent.keys.certified import key_of
from agent.keys.der import DerError, Tag, dotted, elements, read_element
from agent.keys.public_key import PublicKey
from agent.keys.schemes import Scheme, message_scheme

if TYPE_CHECKING:
    from agent.keys.cms_parsing import Parsed, Signer

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
_CHUNK_BYTES = 256 << 10
"""Digested in one call: 5 ms with SM3."""
MAX_MESSAGE_BYTES = 64 << 20
_GM_DATA = "1.2.156.10197.6.1.4.2.1"


class MessageError(ValueError):
    """A message is not believed; the text says why, and shows nothing of its content."""


class MalformedMessageError(MessageError):
    """It is no SignedData with its content and one signer, or of another content type."""


class BadSignatureError(MessageError):
    """It is one, and its signature is not right, or not known here."""


class VerifiedSigner(msgspec.Struct, frozen=True):
    """Who signed, and what was signed besides the content."""

    certificate: bytes
    """As DER."""
    key: PublicKey
    attributes: Mapping[str, bytes]
    """Signed attributes by dotted OID, those with one value (DER); none where it has none at all."""


class SignedMessage(VerifiedSigner, frozen=True):
    """What a verified SignedData holds."""

    content_type: str
    """Dotted OID; GM/T 0010's data is told as :data:`DATA`."""
    content: bytes


Digest = Callable[[hashes.HashAlgorithm], bytes]
"""What digests content that is too long to be handed around."""


def read_signed_data(
    der: bytes, *, content_types: Collection[str] = (DATA,), needs_attributes: bool = True
) -> SignedMessage:
    """Return what ``der``, a ContentInfo alone, holds, after its one signature was verified.

    Args:
        der: BER is read too (RFC 5652, 2), but for the signed attributes.
        content_types: what is taken; anything else that is signed is refused.
        needs_attributes: whether a signature of the content itself, without signed attributes, is
            refused. Only :data:`DATA` is ever taken so (5.3).

    Raises:
        MalformedMessageError, BadSignatureError: see there.
    """
    parsed, signer = _one_signer(der)
    content = parsed.content
    if content is None:
        raise MalformedMessageError("the content is detached")
    content_type = _content_type(parsed)
    if content_type not in content_types:
        raise MalformedMessageError(f"the content type {content_type} is not taken here")
    who = _Signing.of(signer)
    if signer.attributes:
        attributes = who.checked(content_type, lambda digest: digest_by(digest, content))
    else:
        _check_bare(content_type, content, needs_attributes=needs_attributes)
        attributes = who.checked_bare(content)
    return SignedMessage(who.certificate, who.key, attributes, content_type, content)


def read_detached(der: bytes, digest: Digest) -> VerifiedSigner:
    """Return who signed :data:`DATA` that does not go with the message, after it was verified.

    Args:
        der: as :func:`read_signed_data`.
        digest: digests the content with what the signer took.

    Raises:
        MalformedMessageError: also where the message has content of its own, which would be another.
        BadSignatureError: also where there are no signed attributes: only they name the content by digest.
    """
    parsed, signer = _one_signer(der)
    if parsed.content is not None:
        raise MalformedMessageError("the content is in the message itself")
    if (content_type := _content_type(parsed)) != DATA:
        raise MalformedMessageError(f"the content type {content_type} is not taken here")
    who = _Signing.of(signer)
    if not signer.attributes:
        raise BadSignatureError("there are no signed attributes")
    return VerifiedSigner(who.certificate, who.key, who.checked(content_type, digest))


def is_detached(der: bytes) -> bool:
    """Return whether the content of a SignedData is not in it; MalformedMessageError."""
    return _parsed(der).content is None


def read_certificates(der: bytes) -> list[bytes]:
    """Return the certificates (DER) in a SignedData, as in a certs-only message (RFC 8551, 3.8).

    Nothing is verified: such a message has no signature, each certificate has its own.

    Raises:
        MalformedMessageError: it is no SignedData.
    """
    return list(_parsed(der).certificates)


def read_unsigned(der: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Return the one signer's signature, and by dotted OID what lies beside it unsigned: a value each.

    Nothing is verified.

    Raises:
        MalformedMessageError
    """
    _, signer = _one_signer(der)
    try:
        listed = read_element(signer.unsigned).content if signer.unsigned else b""
        attributes = read_attributes(listed)
    except DerError as error:
        raise MalformedMessageError("the unsigned attributes cannot be read") from error
    return signer.signature, {oid: values[0] for oid, values in attributes if values}


def digest_of(scheme: Scheme, content: bytes) -> bytes:
    """Return the digest of ``content`` by which signed attributes name it (5.4)."""
    return digest_by(scheme.digest, content)


def digest_by(algorithm: hashes.HashAlgorithm, content: bytes) -> bytes:
    """Return the digest of ``content`` by an algorithm."""
    digest = hashes.Hash(algorithm)
    whole = memoryview(content)
    for at in range(0, len(whole), _CHUNK_BYTES):  # no other thread runs during a call
        digest.update(whole[at : at + _CHUNK_BYTES])
    return digest.finalize()


def _parsed(der: bytes) -> Parsed:
    from agent.keys.cms_parsing import parse  # noqa: PLC0415 - an agent at rest should be small

    if len(der) > MAX_MESSAGE_BYTES:
        raise MalformedMessageError("the message is too long")
    try:
        return parse(der)
    except ValueError as error:
        raise MalformedMessageError("the message cannot be parsed") from error


def _one_signer(der: bytes) -> tuple[Parsed, Signer]:
    parsed = _parsed(der)
    if len(parsed.signers) != 1:
        raise MalformedMessageError("there must be exactly one signer")
    return parsed, parsed.signers[0]


def _content_type(parsed: Parsed) -> str:
    return DATA if parsed.content_type == _GM_DATA else parsed.content_type


class _Signing(msgspec.Struct, frozen=True):
    """A signer whose certificate is there and whose algorithms are known; nothing is verified yet."""

    certificate: bytes
    key: PublicKey
    scheme: Scheme
    listed: bytes
    """The signed attributes as they stand."""
    signature: bytes

    @classmethod
    def of(cls, signer: Signer) -> _Signing:
        if signer.certificate is None:
            raise BadSignatureError("the signer's certificate is not enclosed")
        try:
            scheme = message_scheme(signer.signature_algorithm, signer.digest_algorithm)
            key = key_of(x509.load_der_x509_certificate(signer.certificate))
        except (ValueError, x509.InvalidVersion) as error:  # not known here, too
            raise BadSignatureError(str(error)) from error
        return cls(signer.certificate, key, scheme, signer.attributes, signer.signature)

    def checked(self, content_type: str, digest: Digest) -> dict[str, bytes]:
        """Return the signed attributes, after content and signature were checked by them."""
        attributes = _checked_attributes(self.listed, content_type, digest(self.scheme.digest))
        # The signature covers the attributes as a SET OF, not under their implicit tag [0] (5.4).
        self._check_signature(b"\x31" + self.listed[1:])
        return attributes

    def checked_bare(self, content: bytes) -> dict[str, bytes]:
        """Check that the content itself was signed, and return that there are no attributes."""
        self._check_signature(content)
        return {}

    def _check_signature(self, data: bytes) -> None:
        if not self.key.verify(data, self.signature, self.scheme):
            raise BadSignatureError("the signature is not the signer's")


def _check_bare(content_type: str, content: bytes, *, needs_attributes: bool) -> None:
    """Refuse a message without signed attributes where it must have them, or could be taken for them."""
    if needs_attributes or content_type != DATA:
        raise BadSignatureError("there are no signed attributes")
    if content[:1] == bytes((Tag.SET,)):
        # What is signed of another message may be exactly its attributes, as a SET.
        raise BadSignatureError("the content could be the signed attributes of another message")


def _checked_attributes(listed: bytes, content_type: str, digest: bytes) -> dict[str, bytes]:
    """Return the signed attributes after they were checked against the content (5.3, 11.1, 11.2)."""
    try:
        members = read_element(listed).content
        attributes = read_attributes(members)
        if not _is_sorted(members):
            raise BadSignatureError("the signed attributes are not DER: a SET OF is sorted")
        if len({oid for oid, _ in attributes}) != len(attributes):
            raise BadSignatureError("there is a signed attribute twice")
        single = {oid: values[0] for oid, values in attributes if len(values) == 1}
        said = dotted(read_element(single[CONTENT_TYPE]).need(Tag.OID))
        named = read_element(single[MESSAGE_DIGEST]).need(Tag.OCTET_STRING)
    except KeyError as error:
        raise BadSignatureError(f"there must be one signed attribute {error}") from error
    except DerError as error:
        raise BadSignatureError("the signed attributes are not DER") from error
    if (DATA if said == _GM_DATA else said) != content_type:
        raise BadSignatureError("the signed content type is another")
    if named != digest:
        raise BadSignatureError("the message digest is not the content's")
    return single


def _is_sorted(members: bytes) -> bool:
    each = [element.encoded for element in elements(members)]
    return each == sorted(each)
