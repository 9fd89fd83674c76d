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
    return not _is_read(der, with_names=True)


def is_renewable(der: bytes) -> bool:
    """Return whether a certificate can be renewed: all but its names must be as the standard has it.

    The names of a renewed certificate are carried over byte for byte, so nobody has to read them.
    """
    return _is_read(der, with_names=False)


def _is_read(der: bytes, *, with_names: bool) -> bool:
    with quietly():
        try:
            certificate = x509.load_der_x509_certificate(der)
            if with_names:
                _ = certificate.subject, certificate.issuer
            _ = certificate.serial_number
            _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            _ = certificate.extensions
        except x509.UnsupportedGeneralNameType:
            return (
                True  # a name form (RFC 5280, 4.2.1.6) it does not know; nothing is wrong with it
            )
        except (ValueError, TypeError, x509.InvalidVersion, x509.DuplicateExtension):
            return False
    return True
