"""Certificates in files, as authorities and editors hand them out: PEM or DER. Pure."""

from __future__ import annotations

import base64
import binascii
import re

from agent.ground.language import mark
from agent.ground.text_files import TextEncodingError, written_text
from agent.keys.der import DerError, Tag, read_element

_PEM = re.compile(
    r"-----BEGIN (?P<label>(?:X509 |TRUSTED )?CERTIFICATE)-----(?P<body>.+?)-----END (?P=label)-----",
    re.DOTALL,
)
"""RFC 7468, 5: parsers take the older label, too. OpenSSL adds to a TRUSTED one whom it is trusted for."""


class CertificateFileError(ValueError):
    """A file has no certificate that can be read; the text is a marked sentence."""


def certificates_in(content: bytes) -> list[bytes]:
    """Return the certificates (DER) of a file: several in PEM, or one in DER.

    Raises:
        CertificateFileError: there is none, or one is damaged.
    """
    bodies = [found["body"] for found in _PEM.finditer(_as_text(content))]
    try:
        if not bodies:
            return [_certificate(content)]
        return [_certificate(base64.b64decode(body)) for body in bodies]
    except (binascii.Error, DerError) as error:
        if bodies:
            reason = mark("a certificate in the file is damaged")
        else:
            reason = mark("there is no certificate in the file, neither as PEM nor as DER")
        raise CertificateFileError(reason) from error


def _as_text(content: bytes) -> str:
    try:
        return written_text(content)
    except TextEncodingError:
        return content.decode("latin-1")  # DER, or PEM below remarks in whatever encoding


def _certificate(der: bytes) -> bytes:
    """Return a certificate without what may follow it."""
    whole = read_element(der)
    read_element(whole.need(Tag.SEQUENCE)).need(Tag.SEQUENCE)
    return whole.encoded
