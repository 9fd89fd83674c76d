"""The facts of one certificate, as plain data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class CertificateUse(StrEnum):
    """What a certificate of an organisation's pair is for, by its key usage (RFC 5280, 4.2.1.3)."""

    SIGNING = "signing"  # 签名证书
    ENCRYPTION = "encryption"  # 加密证书
    OTHER = "other"


@unique
class CertificateStatus(StrEnum):
    """Where a certificate stands in its validity."""

    NOT_YET_VALID = "not_yet_valid"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """One X.509 certificate, read once; the DER stays the truth.

    ``not_before`` and ``not_after`` are aware UTC instants, both inclusive (RFC 5280, 4.1.2.5).
    """

    der: bytes
    thumbprint: str
    """Lower-case hex SHA-256 of the DER."""
    subject: str
    """RFC 4514 string."""
    issuer: str
    """RFC 4514 string."""
    common_name: str
    organisation: str
    uscc: str | None
    """统一社会信用代码 (GB 32100), where one of the known extensions carries a valid one."""
    serial: str
    """Lower-case hex of the serial number."""
    not_before: dt.datetime
    not_after: dt.datetime
    use: CertificateUse
    algorithm: str
    """The key's algorithm and size for people, such as ``RSA 2048``."""
    is_ca: bool
