"""DigestInfo (RFC 8017, 9.2, note 1): what RSA signs in PKCS#1 v1.5. Pure."""

from __future__ import annotations

_BEFORE = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
SIZES = {"sha256": 32, "sha384": 48, "sha512": 64}
"""Bytes of each digest."""


def digest_info(algorithm: str, digest: bytes) -> bytes:
    """Return DigestInfo with a digest by ``algorithm``, one of ``SIZES``; ValueError of another length."""
    if len(digest) != SIZES[algorithm]:
        raise ValueError(f"{len(digest)} bytes are no digest by {algorithm}")
    return _BEFORE[algorithm] + digest
