"""Scans of renewals under way, sealed, one file each; gone when the renewal ends."""

from __future__ import annotations

import logging
from pathlib import Path

from agent.ground import held_files
from agent.ground.language import mark
from agent.renewals.authorities.ra_protocol import DocumentName
from agent.renewals.journal.vault import NotReadError, Vault, VaultError
from agent.system.damage import DamagedError, Damages
from agent.system.files import NotSavedError, write_private

log = logging.getLogger(__name__)


class ScanDamagedError(DamagedError):
    """A scan of a dossier is laid aside."""

    code = "scan_damaged"
    what = mark("A scan of a dossier")
    advice = mark("Choose the file again, or start the renewal again where it was submitted.")


class ScanLostError(VaultError):
    """A scan that was submitted is not there any more, or cannot be read."""

    sentence = mark("A scan of the dossier is lost on this computer.")


class ScanStore:
    """Keeps what the user chose as it was when it was chosen: the file may change or vanish."""

    def __init__(self, folder: Path, vault: Vault, damages: Damages | None = None) -> None:
        self._folder = folder
        self._vault = vault
        self._damages = damages or Damages()

    def put(self, renewal: str, name: DocumentName, content: bytes) -> None:
        """Keep a scan, in place of an earlier one; NotSavedError."""
        sealed = self._vault.seal(content, _context(renewal, name))
        try:
            write_private(self._file(renewal, name), sealed)
        except OSError as error:
            raise NotSavedError(reason=error.strerror or type(error).__name__) from error

    def get(self, renewal: str, name: DocumentName) -> bytes:
        """Return a kept scan; ScanLostError, NotReadError."""
        file = self._file(renewal, name)
        try:
            return self._vault.open_file(file, _context(renewal, name))
        except FileNotFoundError as error:
            raise ScanLostError from error
        except NotReadError:
            raise
        except VaultError as error:
            self._damages.lay_aside(file, ScanDamagedError, error)
            raise ScanLostError from error

    def forget(self, renewal: str) -> None:
        """Delete all scans of a renewal; what another program holds goes at the next start."""
        try:
            held_files.remove_tree(self._folder / renewal)
        except OSError as error:
            log.warning("scans not removed id=%s reason=%s", renewal, error.strerror)

    def _file(self, renewal: str, name: DocumentName) -> Path:
        return self._folder / renewal / f"{name.value}.sealed"


def _context(renewal: str, name: DocumentName) -> str:
    return f"{renewal}/{name.value}"
