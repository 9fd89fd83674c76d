"""CMS SignedData (RFC 5652, 5) with one signer: read and verified, never merely parsed. Pure.

The content types of GM/T 0010 are read beside the standard ones, since authorities' programs write them;
what is made here (:mod:`agent.keys.signing`) has the standard ones, which everybody reads.

Whether a certificate may sign anything is for others to say; its dates are not looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
MAX_MESSAGE_BYTES = 64 << 20
_GM_DATA = "1.2.156.10197.6.1.4.2.1"


class MessageError(ValueError):
    """A message is not believed; the text says why, and shows nothing of its content."""


class MalformedMessageError(MessageError):
    """It is no SignedData with its content and one signer, or of another content type."""


class BadSignatureError(MessageError):
    """It is one, and its signature is not right, or not known here."""


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """What a verified SignedData holds."""

    content_type: str
    """Dotted OID; GM/T 0010's data is told as :data:`DATA`."""
    content: bytes
    certificate: bytes
    """The signer's, as DER."""
    key: PublicKey
    """The signer's."""
    attributes: Mapping[str, bytes]
    """Signed attributes by dotted OID, those with one value (DER); none where it has none at all."""


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
    content_type, content, signer = _one_signer(der)
    if content_type not in content_types:
        raise MalformedMessageError(f"the content type {content_type} is not taken here")
    if signer.certificate is None:
        raise BadSignatureError("the signer's certificate is not enclosed")
    try:
        scheme = message_scheme(signer.signature_algorithm, signer.digest_algorithm)
        key = key_of(x509.load_der_x509_certificate(signer.certificate))
    except (ValueError, x509.InvalidVersion) as error:  # an algorithm or a key not known here, too
        raise BadSignatureError(str(error)) from error
    listed = signer.attributes
    if not listed:
        _check_bare(content_type, content, needs_attributes=needs_attributes)
    attributes = _checked_attributes(listed, content_type, content, scheme) if listed else {}
    # The signature covers the attributes as a SET OF, not under their implicit tag [0] (5.4).
    if not key.verify(b"\x31" + listed[1:] if listed else content, signer.signature, scheme):
        raise BadSignatureError("the signature is not the signer's")
    return SignedMessage(content_type, content, signer.certificate, key, attributes)


def read_certificates(der: bytes) -> list[bytes]:
    """Return the certificates (DER) in a SignedData, as in a certs-only message (RFC 8551, 3.8).

    Nothing is verified: such a message has no signature, each certificate has its own.

    Raises:
        MalformedMessageError: it is no SignedData.
    """
    return list(_parsed(der).certificates)


def digest_of(scheme: Scheme, content: bytes) -> bytes:
    """Return the digest of ``content`` by which signed attributes name it (5.4)."""
    digest = hashes.Hash(scheme.digest)
    digest.update(content)
    return digest.finalize()


def _parsed(der: bytes) -> Parsed:
    from agent.keys.cms_parsing import parse  # noqa: PLC0415 - an agent at rest should be small

    if len(der) > MAX_MESSAGE_BYTES:
        raise MalformedMessageError("the message is too long")
    try:
        return parse(der)
    except ValueError as error:
        raise MalformedMessageError("the message cannot be parsed") from error


def _one_signer(der: bytes) -> tuple[str, bytes, Signer]:
    """Return the content's type, the content and its one signer."""
    parsed = _parsed(der)
    if parsed.content is None:
        raise MalformedMessageError("the content is detached")
    if len(parsed.signers) != 1:
        raise MalformedMessageError("there must be exactly one signer")
    content_type = DATA if parsed.content_type == _GM_DATA else parsed.content_type
    return content_type, parsed.content, parsed.signers[0]


def _check_bare(content_type: str, content: bytes, *, needs_attributes: bool) -> None:
    """Refuse a message without signed attributes where it must have them, or could be taken for them."""
    if needs_attributes or content_type != DATA:
        raise BadSignatureError("there are no signed attributes")
    if content[:1] == bytes((Tag.SET,)):
        # What is signed of another message may be exactly its attributes, as a SET.
        raise BadSignatureError("the content could be the signed attributes of another message")


def _checked_attributes(
    listed: bytes, content_type: str, content: bytes, scheme: Scheme
) -> dict[str, bytes]:
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
        digest = read_element(single[MESSAGE_DIGEST]).need(Tag.OCTET_STRING)
    except KeyError as error:
        raise BadSignatureError(f"there must be one signed attribute {error}") from error
    except DerError as error:
        raise BadSignatureError("the signed attributes are not DER") from error
    if (DATA if said == _GM_DATA else said) != content_type:
        raise BadSignatureError("the signed content type is another")
    if digest != digest_of(scheme, content):
        raise BadSignatureError("the message digest is not the content's")
    return single


def _is_sorted(members: bytes) -> bool:
    each = [element.encoded for element in elements(members)]
    return each == sorted(each)
