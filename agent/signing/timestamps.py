"""Time-stamps (RFC 3161): asking for one, and believing one. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from agent.certificates.times import read_time
from agent.keys.certified import extension_of
from agent.keys.der import DerError, Element, Tag, dotted, elements, first_of, read_element
from agent.keys.der_writing import NULL, encoded, integer, object_identifier, octet_string, sequence
from agent.keys.schemes import UnknownSchemeError, digest_named
from agent.keys.signed_data import MessageError, read_certificates, read_signed_data

SIGNATURE_TIME_STAMP = "1.2.840.113549.1.9.16.2.14"
"""The unsigned attribute a time-stamp of a signature is (RFC 3161, appendix A)."""
_TST_INFO = "1.2.840.113549.1.9.16.1.4"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_GRANTED = {0, 1}
"""With modifications or without (2.4.2)."""
Digest = Callable[[hashes.HashAlgorithm], bytes]


class BadTimestampError(ValueError):
    """It is no time-stamp, or not of what it should be; the text says why."""


class Timestamp(msgspec.Struct, frozen=True):
    """A time-stamp that is right; who vouches for who made it is for others to say."""

    time: dt.datetime
    certificate: bytes
    """Of the time-stamping authority, as DER."""
    enclosed: tuple[bytes, ...]
    """All certificates that came with it."""


def timestamp_request(signature: bytes, nonce: int) -> bytes:
    """Return a TimeStampReq (2.4.1) for what is to be proved to have been there; the nonce comes back."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(signature)
    imprint = sequence(sequence(object_identifier(_SHA256), NULL), octet_string(digest.finalize()))
    wants_certificate = encoded(Tag.BOOLEAN, b"\xff")
    return sequence(integer(1), imprint, integer(nonce), wants_certificate)


def token_in(response: bytes) -> bytes:
    """Return the time-stamp of a TimeStampResp (2.4.2), as it stands; BadTimestampError."""
    try:
        parts = list(elements(read_element(response).need(Tag.SEQUENCE)))
        status = first_of(parts[0].need(Tag.SEQUENCE)).need(Tag.INTEGER)
    except (DerError, IndexError) as error:
        raise BadTimestampError("no answer of a time-stamping authority") from error
    if int.from_bytes(status, "big") not in _GRANTED or len(parts) < 2:
        raise BadTimestampError(f"it was refused: status {int.from_bytes(status, 'big')}")
    return parts[1].encoded


def read_timestamp(token: bytes, digest: Digest, nonce: int | None = None) -> Timestamp:
    """Return a time-stamp after its signature, and what it is of, were checked.

    Args:
        token: TimeStampToken, as DER.
        digest: of what it must be of, by the algorithm it says.
        nonce: that must have come back.

    Raises:
        BadTimestampError
    """
    try:
        message = read_signed_data(token, content_types=(_TST_INFO,))
        fields = list(elements(read_element(message.content).need(Tag.SEQUENCE)))
        algorithm, imprint = elements(fields[2].need(Tag.SEQUENCE))
        oid = dotted(first_of(algorithm.need(Tag.SEQUENCE)).need(Tag.OID))
        is_of_it = imprint.need(Tag.OCTET_STRING) == digest(digest_named(oid))
        time = read_time(fields[4])[0]
    except (
        MessageError,
        DerError,
        UnknownSchemeError,
        ValueError,
        IndexError,
    ) as error:
        raise BadTimestampError(str(error) or "no time-stamp") from error
    if not is_of_it:
        raise BadTimestampError("it is of something else")
    if nonce is not None and nonce not in _integers(fields[5:]):
        raise BadTimestampError("it answers another question")
    if not _is_for_timestamps(message.certificate):
        raise BadTimestampError("its certificate is not for time-stamps")
    return Timestamp(time, message.certificate, tuple(read_certificates(token)))


def _integers(fields: list[Element]) -> set[int]:
    found = (field for field in fields if field.tag == Tag.INTEGER)
    return {int.from_bytes(field.content, "big", signed=True) for field in found}


def _is_for_timestamps(certificate: bytes) -> bool:
    """Return whether the certificate's extended key usage is time-stamping (2.3)."""
    usage = extension_of(x509.load_der_x509_certificate(certificate), x509.ExtendedKeyUsage)
    return ExtendedKeyUsageOID.TIME_STAMPING in (usage or ())
