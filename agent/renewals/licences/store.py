"""Business licences on disk, sealed, one file for each organisation."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.ground.decoding import from_json
from agent.ground.language import mark
from agent.renewals.journal.vault import NotReadError, Vault, VaultError
from agent.renewals.licences.item import LicenceItem
from agent.system.damage import DamagedError, Damages, is_laid_aside
from agent.system.files import write_private

_SUFFIX = ".sealed"


class LicenceDamagedError(DamagedError):
    """A business licence is laid aside."""

    code = "licence_damaged"
    what = mark("A business licence")
    advice = mark("Update it to have it again.")


class LicenceStore:
    """Keeps the items by USCC. One that cannot be read counts as none: it can be fetched again."""

    def __init__(self, folder: Path, vault: Vault, damages: Damages | None = None) -> None:
        self._folder = folder
        self._vault = vault
        self._damages = damages or Damages()

    def put(self, item: LicenceItem) -> None:
        """Keep an item, in place of an earlier one; OSError where the disk does not take it."""
        sealed = self._vault.seal(msgspec.json.encode(item), _context(item.uscc))
        write_private(self._file(item.uscc), sealed)

    def get(self, uscc: str) -> LicenceItem | None:
        """Return the item of an organisation, None where nothing is kept; NotReadError."""
        try:
            return self._read(uscc)
        except FileNotFoundError:
            return None
        except NotReadError:
            raise
        except (VaultError, msgspec.DecodeError) as error:
            self._damages.lay_aside(self._file(uscc), LicenceDamagedError, error)
            return None

    def all(self) -> list[LicenceItem]:
        """Return all items, by USCC; one that cannot be read just now is told of."""
        return [item for item in map(self._shown, self._names()) if item is not None]

    def _shown(self, uscc: str) -> LicenceItem | None:
        try:
            return self.get(uscc)
        except NotReadError as error:
            self._damages.lay_aside(self._file(uscc), LicenceDamagedError, error)
            return None

    def only_read(self) -> list[LicenceItem]:
        """Return all items, by USCC, and lay nothing aside.

        Raises:
            OSError, VaultError, msgspec.DecodeError: one of them cannot be read.
        """
        return [self._read(uscc) for uscc in self._names()]

    def _names(self) -> list[str]:
        files = (file for file in self._folder.glob(f"*{_SUFFIX}") if not is_laid_aside(file))
        return sorted(file.name.removesuffix(_SUFFIX) for file in files)

    def _read(self, uscc: str) -> LicenceItem:
        clear = self._vault.open_file(self._file(uscc), _context(uscc))
        return from_json(clear, LicenceItem)

    def _file(self, uscc: str) -> Path:
        return self._folder / f"{uscc}{_SUFFIX}"


def _context(uscc: str) -> str:
    return f"licence/{uscc}"
