"""What the local API answers about one certificate."""

from __future__ import annotations

import msgspec


class DetailView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of all a certificate says."""

    name: str
    """In the client's language, or an extension's dotted OID."""
    value: str


class CertificateDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``certificates.get``."""

    thumbprint: str
    subject: dict[str, str]
    """By type as in RFC 4514: C, ST, L, O, CN …"""
    issuer: dict[str, str]
    details: tuple[DetailView, ...]
    der: str
    """The certificate in DER, in base64."""
    pem: str
