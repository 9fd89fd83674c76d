"""The trusted authorities' certificates, from the configured trust store and trust anchors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.certificates.chain import TrustStore
from agent.certificates.files import CertificateFileError, certificates_in
from agent.certificates.model import Certificate
from agent.certificates.parsing import CertificateDamagedError, parse_certificate
from agent.ground import held_files
from agent.settings.config import Config
from agent.system.files import saved_stamp

log = logging.getLogger(__name__)

_SUFFIXES = (".pem", ".crt", ".cer", ".der")
MAX_FILE_SIZE = 4_000_000
"""Bytes of the largest file that is read: all roots of a system are a quarter of it."""


class Trust:
    """Who is trusted by the configuration as it is now; files are read anew where they have changed."""

    def __init__(self, config: Callable[[], Config]) -> None:
        self._config = config
        self._read: object = None
        self._store = TrustStore(())
        self._one_at_a_time = asyncio.Lock()

    async def store(self) -> TrustStore:
        """Return the trusted authorities."""
        config = self._config()
        async with self._one_at_a_time:
            # On disks that may be slow.
            found = await asyncio.to_thread(_stamps, config)
            if found != self._read:
                self._store = await asyncio.to_thread(_store, config)
                self._read = found
        return self._store


def _store(config: Config) -> TrustStore:
    return TrustStore(trusted_certificates(config))


def _stamps(config: Config) -> list[object]:
    return [(file, saved_stamp(file)) for file in _all_files(config)]


def trusted_certificates(config: Config) -> tuple[Certificate, ...]:
    """Return what can be read of the trust store and the authorities' trust anchors.

    What cannot be read is logged and left out: then less is trusted, and nothing else stops.
    """
    files = _all_files(config)
    found = (certificate for file in files for certificate in _certificates(file))
    return tuple({certificate.thumbprint: certificate for certificate in found}.values())


def _all_files(config: Config) -> list[Path]:
    files = [authority.trust_anchor for authority in config.authorities]
    if config.trust_store is not None:
        files.extend(_files(config.trust_store))
    return files


def _files(store: Path) -> list[Path]:
    if not store.is_dir():
        return [store]
    try:
        return sorted(file for file in store.iterdir() if file.suffix.lower() in _SUFFIXES)
    except OSError as error:
        log.warning("trust store cannot be read folder=%s reason=%s", store, error)
        return []


def certificates_of(file: Path) -> list[bytes]:
    """Return the certificates (DER) in a file, in PEM or DER.

    Raises:
        OSError: it cannot be read.
        CertificateFileError: there is none in it, or one is damaged.
    """
    with held_files.open_to_read(file) as opened:
        return certificates_in(opened.read(MAX_FILE_SIZE))


def _certificates(file: Path) -> Iterator[Certificate]:
    try:
        for der in certificates_of(file):
            yield parse_certificate(der)
    except (OSError, CertificateFileError, CertificateDamagedError) as error:
        log.warning("trusted certificates cannot be read file=%s reason=%s", file, error)
