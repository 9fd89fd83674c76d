"""Business licences on disk, sealed, one file for each organisation."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from agent.renewals.journal.vault import Vault, VaultError
from agent.renewals.licences.item import LicenceItem
from agent.system.files import write_private

log = logging.getLogger(__name__)

_SUFFIX = ".sealed"


class LicenceStore:
    """Keeps the items by USCC. One that cannot be read counts as none: it can be fetched again."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault

    def put(self, item: LicenceItem) -> None:
        """Keep an item, in place of an earlier one; OSError where the disk does not take it."""
        sealed = self._vault.seal(msgspec.json.encode(item), _context(item.uscc))
        write_private(self._folder / f"{item.uscc}{_SUFFIX}", sealed)

    def get(self, uscc: str) -> LicenceItem | None:
        """Return the item of an organisation, None where nothing is kept."""
        try:
            sealed = (self._folder / f"{uscc}{_SUFFIX}").read_bytes()
            return msgspec.json.decode(self._vault.open(sealed, _context(uscc)), type=LicenceItem)
        except FileNotFoundError:
            return None
        except (OSError, VaultError, msgspec.DecodeError) as error:
            log.warning("licence unreadable error=%s", type(error).__name__)
            return None

    def all(self) -> list[LicenceItem]:
        """Return all items, by USCC."""
        names = sorted(file.name for file in self._folder.glob(f"*{_SUFFIX}"))
        found = (self.get(name.removesuffix(_SUFFIX)) for name in names)
        return [item for item in found if item is not None]


def _context(uscc: str) -> str:
    return f"licence/{uscc}"
