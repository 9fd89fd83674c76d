"""EST bodies (RFC 7030, RFC 8951): strict in what is sent, patient in what is read. Pure."""

from __future__ import annotations

import base64
import binascii
import re
import textwrap
from collections.abc import Iterator
from typing import get_args

import msgspec
from asn1crypto import core
from cryptography import x509

from agent.keys.algorithms import SM2
from agent.keys.certified import extension_of, key_of
from agent.keys.enveloped_key_forms import read_enveloped_key
from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.keys.rsa_enveloped_key import RsaEnvelopedKey
from agent.keys.signed_data import read_certificates
from agent.keys.sm2_enveloped_key import EnvelopedKeyError
from agent.renewals.authorities.ra_protocol import (
    RSA_ENVELOPED_KEY_TYPE,
    SM2_ENVELOPED_KEY_TYPE,
    SigningKeyType,
)
from agent.renewals.authorities.two_parts import Part, PartsError, split_parts
from agent.tokens.protocol import EnvelopeKind

MAX_CERTIFICATES = 16
"""Of a message, the first; a chain has no more."""
_CERTS_ONLY = "certs-only"
_SERVER_KEY = "server-generated-key"
_KEY_TYPES: dict[str, SigningKeyType] = {kind: kind for kind in get_args(SigningKeyType)}
_FAMILIES = {"1.2.840.113549.1.1.1": "rsa", "1.2.840.10045.2.1": "ec"}
_CURVES = {
    "1.2.840.10045.3.1.7": "ec:secp256r1",
    "1.3.132.0.34": "ec:secp384r1",
    SM2: "sm2",
}
_CONTAINER_KEYS = {
    SM2_ENVELOPED_KEY_TYPE: EnvelopeKind.SM2,
    RSA_ENVELOPED_KEY_TYPE: EnvelopeKind.RSA,
}
_ARMOUR = re.compile(rb"-----[A-Z0-9 ]+-----")
_NOISE = re.compile(rb"[\s\x00]+")


class _AttrOrOids(core.SequenceOf):  # type: ignore[misc] # asn1crypto has no types
    """CsrAttrs ::= SEQUENCE SIZE (0..MAX) OF AttrOrOID (RFC 7030, 4.5.2)."""

    _child_spec = core.Any


class ServerKey(msgspec.Struct, frozen=True):
    """What serverkeygen answers: a private key nobody but the token can open, and its certificate."""

    envelope: bytes
    """DER of what ``kind`` says."""
    certificate: x509.Certificate
    kind: EnvelopeKind = EnvelopeKind.CMS


class EstBodyError(ValueError):
    """A body is not what EST says it must be."""


def encode_body(der: bytes) -> bytes:
    """Return base64 in 64-column lines with a final line feed: what all known servers take."""
    lines = textwrap.wrap(base64.b64encode(der).decode(), 64)
    return ("\n".join(lines) + "\n").encode()


def decode_body(body: bytes) -> bytes:
    """Return the bytes of a base64 body, whatever its lines, blanks, trailing NUL or PEM armour."""
    bare = _NOISE.sub(b"", _ARMOUR.sub(b"", body))
    try:
        return base64.b64decode(bare, validate=True)
    except binascii.Error as error:
        raise EstBodyError(f"not base64: {error}") from error


def decode_key_types(body: bytes) -> tuple[SigningKeyType, ...]:
    """Return which of the kinds of keys we know a server asks for in csrattrs (RFC 7030, 4.5.2).

    The server's order is kept; what is not about keys is passed over.
    """
    try:
        listed = _AttrOrOids.load(decode_body(body), strict=True)
        return tuple(dict.fromkeys(kind for entry in listed for kind in _key_types(entry)))
    except (ValueError, TypeError) as error:
        raise EstBodyError(f"not csrattrs: {error}") from error


def _key_types(entry: core.Any) -> Iterator[SigningKeyType]:
    """Yield the kinds one Attribute { kind of key, SET OF size or curve } names."""
    try:
        oid, values = core.SequenceOf.load(entry.dump(), strict=True, spec=core.Any)
        family = _FAMILIES[core.ObjectIdentifier.load(oid.dump()).dotted]
        for value in core.SetOf.load(values.dump(), strict=True, spec=core.Any):
            if family == "rsa":
                name = f"rsa:{core.Integer.load(value.dump(), strict=True).native}"
            else:
                name = _CURVES[core.ObjectIdentifier.load(value.dump(), strict=True).dotted]
            if name in _KEY_TYPES:
                yield _KEY_TYPES[name]
    except (ValueError, TypeError, KeyError):
        return


def decode_certificates(body: bytes) -> list[x509.Certificate]:
    """Return the certificates of a certs-only CMS message (RFC 5751, 3.8) in a base64 body."""
    try:
        ders = read_certificates(decode_body(body))
        certificates = [x509.load_der_x509_certificate(der) for der in ders[:MAX_CERTIFICATES]]
    except (ValueError, x509.InvalidVersion) as error:
        raise EstBodyError(f"not a certs-only message: {error}") from error
    if not certificates:
        raise EstBodyError("no certificate in the message")
    return certificates


def issued_of(certificates: list[x509.Certificate]) -> x509.Certificate:
    """Return the certificate that was asked for: the first that is no CA's.

    Only that one is to be in the message (RFC 7030, 4.2.3); servers send the chain along, in any order.
    """
    return next((found for found in certificates if not _is_authority(found)), certificates[0])


def _is_authority(certificate: x509.Certificate) -> bool:
    found = extension_of(certificate, x509.BasicConstraints)
    return found is not None and found.ca


def decode_server_key(content_type: str, body: bytes) -> ServerKey:
    """Return the two parts of serverkeygen's answer (RFC 7030, 4.4.2), in whichever order they are.

    Raises:
        EstBodyError: a part is missing or unreadable, or the key came in clear.
        EnvelopedKeyError: an SM2 key came in a form that is not read here, not as that form must be, or
            with a certificate for no key at all, such as a point off its curve.
    """
    envelope: bytes | None = None
    certificate: x509.Certificate | None = None
    envelope_kind = EnvelopeKind.CMS
    try:
        parts = split_parts(content_type, body)
    except PartsError as error:
        raise EstBodyError(str(error)) from error
    for part in parts:
        match _kind(part):
            case "certs-only":
                certificate = issued_of(decode_certificates(part.content))
            case "server-generated-key":
                envelope = decode_body(part.content)
            case EnvelopeKind.SM2 | EnvelopeKind.RSA as kind:
                envelope, envelope_kind = decode_body(part.content), EnvelopeKind(kind)
    if envelope is None or certificate is None:
        raise EstBodyError("the key or its certificate is missing")
    if envelope_kind is EnvelopeKind.SM2:
        envelope = read_enveloped_key(envelope, _key_of(certificate)).der
    if envelope_kind is EnvelopeKind.RSA:
        envelope = RsaEnvelopedKey.read(envelope).der
    return ServerKey(envelope, certificate, envelope_kind)


def _key_of(certificate: x509.Certificate) -> PublicKey:
    try:
        return key_of(certificate)
    except UnreadableKeyError as error:
        raise EnvelopedKeyError(f"its certificate is for no key read here: {error}") from error


def _kind(part: Part) -> str:
    """Return what a part is; servers forget the parameter that says so."""
    if part.media_type in _CONTAINER_KEYS:
        return _CONTAINER_KEYS[part.media_type]
    if part.media_type == "application/pkcs8":
        raise EstBodyError("the private key was sent in clear")
    if part.media_type != "application/pkcs7-mime" or part.smime_type in {_CERTS_ONLY, _SERVER_KEY}:
        return part.smime_type
    try:
        decode_certificates(part.content)
    except EstBodyError:
        return _SERVER_KEY
    return _CERTS_ONLY
