"""The trusted authorities' certificates, from the configured trust store and trust anchors."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from agent.certificates.files import CertificateFileError, certificates_in
from agent.certificates.model import Certificate
from agent.certificates.parsing import CertificateDamagedError, parse_certificate
from agent.settings.config import Config

log = logging.getLogger(__name__)

_SUFFIXES = (".pem", ".crt", ".cer", ".der")
MAX_FILE_SIZE = 4_000_000
"""Bytes of the largest file that is read: all roots of a system are a quarter of it."""


def trusted_certificates(config: Config) -> tuple[Certificate, ...]:
    """Return what can be read of the trust store and the authorities' trust anchors.

    What cannot be read is logged and left out: then less is trusted, and nothing else stops.
    """
    files = [authority.trust_anchor for authority in config.authorities]
    if config.trust_store is not None:
        files.extend(_files(config.trust_store))
    found = (certificate for file in files for certificate in _certificates(file))
    return tuple({certificate.thumbprint: certificate for certificate in found}.values())


def _files(store: Path) -> list[Path]:
    if not store.is_dir():
        return [store]
    return sorted(file for file in store.iterdir() if file.suffix.lower() in _SUFFIXES)


def certificates_of(file: Path) -> list[bytes]:
    """Return the certificates (DER) in a file, in PEM or DER.

    Raises:
        OSError: it cannot be read.
        CertificateFileError: there is none in it, or one is damaged.
    """
    with file.open("rb") as opened:
        return certificates_in(opened.read(MAX_FILE_SIZE))


def _certificates(file: Path) -> Iterator[Certificate]:
    try:
        for der in certificates_of(file):
            yield parse_certificate(der)
    except (OSError, CertificateFileError, CertificateDamagedError) as error:
        log.warning("trusted certificates cannot be read file=%s reason=%s", file, error)
