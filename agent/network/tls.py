"""Whom TLS servers are proved by, and what of their certificates is taken: the same on every Python.

``ssl.create_default_context`` takes less since Python 3.13 (VERIFY_X509_STRICT) and more
(VERIFY_X509_PARTIAL_CHAIN), and writes sessions' keys where SSLKEYLOGFILE says. What is taken here is
decided here; the table in docs/security.md tells it, and tests/network/test_tls.py holds each row.
"""

from __future__ import annotations

import ssl
import sys
from pathlib import Path

from agent.settings.trust import certificates_of


def pinned_tls(anchor: Path) -> ssl.SSLContext:
    """Return what proves servers by the certificates in ``anchor`` (PEM or DER), and by no others.

    Raises:
        OSError, CertificateFileError: the file cannot be read.
    """
    tls = _context()
    _trust(tls, anchor)
    return tls


def public_tls(company: Path | None = None) -> ssl.SSLContext:
    """Return what proves servers by the system's roots, and the company's own where it has some.

    Raises:
        OSError, CertificateFileError: the company's file cannot be read.
    """
    tls = _context()
    tls.load_default_certs()
    if sys.platform == "darwin":
        import certifi  # noqa: PLC0415 - the system's own roots are out of OpenSSL's reach there

        tls.load_verify_locations(certifi.where())
    if company is not None:
        _trust(tls, company)
    return tls


def unproved_tls() -> ssl.SSLContext:
    """Return what takes any server, for a look at a date; nothing may be sent there."""
    tls = _context()
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    return tls


def _trust(tls: ssl.SSLContext, file: Path) -> None:
    # As PEM: after DER, Python takes an old error of the thread, left by whoever used OpenSSL, for its own.
    anchors = map(ssl.DER_cert_to_PEM_cert, certificates_of(file))
    tls.load_verify_locations(cadata="".join(anchors))


def _context() -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    # Trusted first: a root beside an expired cross-certificate. Partial chain: an authority's own
    # sub-CA may be the anchor. Not strict: servers of authorities lack key identifiers.
    tls.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN
    return tls
