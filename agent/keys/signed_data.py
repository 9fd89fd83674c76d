"""CMS SignedData (RFC 5652, 5) with one signer: read and verified, never merely parsed. Pure.

The content types of GM/T 0010 are read beside the standard ones, since authorities' programs write them;
what is made here (:mod:`agent.keys.signing`) has the standard ones, which everybody reads.

Whether a certificate may sign anything is for others to say; its dates are not looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.keys.attributes import read_attributes
from agent.keys.certified import key_of
from agent.keys.der import DerError, Tag, dotted, elements, read_element
from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.keys.schemes import Scheme, UnknownSchemeError, message_scheme

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_TIME = "1.2.840.113549.1.9.5"
MAX_MESSAGE_BYTES = 64 << 20
_GM_DATA = "1.2.156.10197.6.1.4.2.1"
_GM_SIGNED_DATA = "1.2.156.10197.6.1.4.2.2"


class MessageError(ValueError):
    """A message is not believed; the text says why, and shows nothing of its content."""


class MalformedMessageError(MessageError):
    """It is no SignedData with its content and one signer, or of another content type."""


class BadSignatureError(MessageError):
    """It is one, and its signature is not right, or not known here."""


class _ContentInfo(core.Sequence):  # type: ignore[misc] # asn1crypto has no types
    """ContentInfo with whatever type (RFC 5652, 3): asn1crypto knows the standard ones alone."""

    _fields = [  # noqa: RUF012 - asn1crypto's way
        ("content_type", core.ObjectIdentifier),
        ("content", core.Any, {"explicit": 0}),
    ]


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
    try:
        signed = _signed_data(der)
        content_type, content = _content(signed)
        if content_type not in content_types:
            raise MalformedMessageError(f"the content type {content_type} is not taken here")
        signer = signed["signer_infos"][0]
        certificate = _signer_certificate(signed, signer["sid"])
        scheme = message_scheme(
            signer["signature_algorithm"]["algorithm"].dotted,
            signer["digest_algorithm"]["algorithm"].dotted,
        )
        said = signer["signed_attrs"]
        listed = b"" if isinstance(said, core.Void) else bytes(said.dump())
        signature = bytes(signer["signature"])
        key = key_of(x509.load_der_x509_certificate(certificate))
    except MessageError:
        raise
    except (UnreadableKeyError, UnknownSchemeError) as error:
        raise BadSignatureError(str(error)) from error
    except (ValueError, TypeError, KeyError, IndexError, x509.InvalidVersion) as error:
        # asn1crypto parses lazily, so that a malformed part shows wherever it is first looked at.
        raise MalformedMessageError("the message cannot be parsed") from error
    if not listed:
        _check_bare(content_type, content, needs_attributes=needs_attributes)
    attributes = _checked_attributes(listed, content_type, content, scheme) if listed else {}
    # The signature covers the attributes as a SET OF, not under their implicit tag [0] (5.4).
    if not key.verify(b"\x31" + listed[1:] if listed else content, signature, scheme):
        raise BadSignatureError("the signature is not the signer's")
    return SignedMessage(content_type, content, certificate, key, attributes)


def read_certificates(der: bytes) -> list[bytes]:
    """Return the certificates (DER) in a SignedData, as in a certs-only message (RFC 8551, 3.8).

    Nothing is verified: such a message has no signature, each certificate has its own.

    Raises:
        MalformedMessageError: it is no SignedData.
    """
    try:
        return _certificates(_parsed(der))
    except (ValueError, TypeError, KeyError) as error:
        raise MalformedMessageError("the message cannot be parsed") from error


def digest_of(scheme: Scheme, content: bytes) -> bytes:
    """Return the digest of ``content`` by which signed attributes name it (5.4)."""
    digest = hashes.Hash(scheme.digest)
    digest.update(content)
    return digest.finalize()


def _parsed(der: bytes) -> cms.SignedData:
    if len(der) > MAX_MESSAGE_BYTES:
        raise MalformedMessageError("the message is too long")
    info = _ContentInfo.load(der, strict=True)
    if info["content_type"].dotted not in (SIGNED_DATA, _GM_SIGNED_DATA):
        raise MalformedMessageError("not SignedData")
    return info["content"].parse(cms.SignedData)


def _signed_data(der: bytes) -> cms.SignedData:
    signed = _parsed(der)
    if len(signed["signer_infos"]) != 1:
        raise MalformedMessageError("there must be exactly one signer")
    return signed


def _content(signed: cms.SignedData) -> tuple[str, bytes]:
    info = signed["encap_content_info"]
    content_type = info["content_type"].dotted
    content = info["content"]
    if isinstance(content, core.Void):
        raise MalformedMessageError("the content is detached")
    if isinstance(content, core.Any):
        content = content.parse(core.OctetString)
    if not isinstance(content, core.OctetString | core.ParsableOctetString):
        raise MalformedMessageError("the content is not an OCTET STRING")
    return DATA if content_type == _GM_DATA else content_type, bytes(content)


def _certificates(signed: cms.SignedData) -> list[bytes]:
    listed = signed["certificates"]
    if isinstance(listed, core.Void):
        return []
    return [bytes(one.chosen.dump()) for one in listed if one.name == "certificate"]


def _signer_certificate(signed: cms.SignedData, sid: cms.SignerIdentifier) -> bytes:
    for der in _certificates(signed):
        if _identifies(sid, asn1_x509.Certificate.load(der)):
            return der
    raise BadSignatureError("the signer's certificate is not enclosed")


def _identifies(sid: cms.SignerIdentifier, certificate: asn1_x509.Certificate) -> bool:
    if sid.name == "subject_key_identifier":
        return bool(certificate.key_identifier == sid.native)
    wanted = sid.chosen
    return bool(
        wanted["serial_number"].native == certificate.serial_number
        and wanted["issuer"].dump() == certificate.issuer.dump()
    )


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
