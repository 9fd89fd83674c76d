"""The strict reader, `cryptography`, kept from warning of certificates that are merely odd."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography import x509

_LOCK = threading.Lock()


@contextmanager
def quietly() -> Iterator[None]:
    """Suppress warnings for a moment; one thread at a time, since filters belong to the process."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def is_refused(der: bytes) -> bool:
    """Return whether the strict reader, like those of other programs, refuses a certificate."""
    with quietly():
        try:
            certificate = x509.load_der_x509_certificate(der)
            _ = certificate.subject, certificate.issuer, certificate.serial_number
            _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            _ = certificate.extensions
        except x509.UnsupportedGeneralNameType:
            return (
                False  # a name form (RFC 5280, 4.2.1.6) it does not know; nothing is wrong with it
            )
        except (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension):
            return True
    return False
