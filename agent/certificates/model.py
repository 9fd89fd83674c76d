"""The facts of one certificate, as plain data."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum, unique

import msgspec


@unique
class CertificateUse(StrEnum):
    """What a certificate of an organisation's pair is for, by its key usage (RFC 5280, 4.2.1.3)."""

    SIGNING = "signing"  # 签名证书
    ENCRYPTION = "encryption"  # 加密证书
    OTHER = "other"


@unique
class Oddity(StrEnum):
    """What is wrong in the bytes of a certificate that could be read all the same."""

    TRAILING_BYTES = "trailing_bytes"
    SERIAL = "serial"
    """Negative or longer than 20 bytes (RFC 5280, 4.1.2.2)."""
    TIME = "time"
    NAME = "name"
    """A name is not built as it must be; what could be read of it is there."""
    TEXT = "text"
    """Characters are not in the encoding they say they are in."""
    HIDDEN_CHARACTERS = "hidden_characters"
    """A name has characters that would move, hide or reverse what is shown."""
    LONG_NAME = "long_name"
    EXTENSION = "extension"
    DUPLICATE_EXTENSION = "duplicate_extension"
    REFUSED = "refused"
    """Readers that keep to the letter of the standard refuse it."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One X.509 certificate, read once; the DER stays the truth.

    ``not_before`` and ``not_after`` are aware UTC instants, both inclusive (RFC 5280, 4.1.2.5).
    Names are safe to show: characters that control a terminal or the direction of text are not in them.
    """

    der: bytes
    """The certificate alone, without what may follow it in CKA_VALUE."""
    thumbprint: str
    """Lower-case hex SHA-256 of the DER."""
    subject: str
    """RFC 4514 string."""
    issuer: str
    """RFC 4514 string."""
    common_name: str
    organisation: str
    authority: str
    """The organisation of the issuer."""
    serial: str
    """Lower-case hex of the serial number."""
    not_before: dt.datetime
    not_after: dt.datetime
    use: CertificateUse
    algorithm: str
    """The key's algorithm and size for people, such as ``RSA 2048``."""
    public_key: bytes
    """SubjectPublicKeyInfo (DER)."""
    is_ca: bool
    extensions: tuple[tuple[str, bytes], ...] = ()
    """Dotted OID and value of each extension, the first where one is there twice."""
    oddities: frozenset[Oddity] = frozenset()

    @property
    def is_damaged(self) -> bool:
        """Whether something in it is not as it must be."""
        return bool(self.oddities)
