"""Scans of renewals under way, sealed, one file each; gone when the renewal ends."""

from __future__ import annotations

import shutil
from pathlib import Path

from agent.renewals.authorities.ra_protocol import DocumentName
from agent.renewals.journal.vault import Vault
from agent.system.files import NotSavedError, write_private


class ScanStore:
    """Keeps what the user chose as it was when it was chosen: the file may change or vanish."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault

    def put(self, renewal: str, name: DocumentName, content: bytes) -> None:
        """Keep a scan, in place of an earlier one; NotSavedError."""
        sealed = self._vault.seal(content, _context(renewal, name))
        try:
            write_private(self._file(renewal, name), sealed)
        except OSError as error:
            raise NotSavedError(reason=error.strerror or type(error).__name__) from error

    def get(self, renewal: str, name: DocumentName) -> bytes:
        """Return a kept scan."""
        return self._vault.open(self._file(renewal, name).read_bytes(), _context(renewal, name))

    def forget(self, renewal: str) -> None:
        """Delete all scans of a renewal."""
        shutil.rmtree(self._folder / renewal, ignore_errors=True)

    def _file(self, renewal: str, name: DocumentName) -> Path:
        return self._folder / renewal / f"{name.value}.sealed"


def _context(renewal: str, name: DocumentName) -> str:
    return f"{renewal}/{name.value}"
