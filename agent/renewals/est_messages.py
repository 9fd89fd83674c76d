"""EST bodies (RFC 7030, RFC 8951): strict in what is sent, patient in what is read. Pure."""

from __future__ import annotations

import base64
import binascii
import re
import textwrap

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import pkcs7

_ARMOUR = re.compile(rb"-----[A-Z0-9 ]+-----")
_NOISE = re.compile(rb"[\s\x00]+")


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


def decode_certificates(body: bytes) -> list[x509.Certificate]:
    """Return the certificates of a certs-only CMS message (RFC 5751, 3.8) in a base64 body."""
    try:
        certificates = pkcs7.load_der_pkcs7_certificates(decode_body(body))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise EstBodyError(f"not a certs-only message: {error}") from error
    if not certificates:
        raise EstBodyError("no certificate in the message")
    return certificates
