"""What lies on the disk of renewals and licences: where no agent runs, none is started to read it.

Whatever is not whole, or of another version, is the agent's to see to: then it is started and asked.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

import msgspec

from agent.api.client import Json
from agent.api.views.licences import LicenceList, licence_view
from agent.api.views.renewals import RenewalList, renewal_view
from agent.cli.ground.connect import agent, agent_if_any
from agent.ground.language import user_language
from agent.renewals.journal.database import DatabaseBrokenError, JournalNewerError
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.vault import VaultError, read_vault
from agent.renewals.licences.store import LicenceStore
from agent.system.paths import Paths, find_paths

_FOR_THE_AGENT = (
    DatabaseBrokenError, JournalNewerError, OSError, VaultError, msgspec.DecodeError,
)  # fmt: skip


def renewals() -> Json:
    """Return the answer to ``renewals.list``."""
    return _asked_or_read("renewals.list", _renewals)


def licences() -> Json:
    """Return the answer to ``licences.list``."""
    return _asked_or_read("licences.list", _licences)


def _asked_or_read(method: str, read: Callable[[Paths], msgspec.Struct]) -> Json:
    with agent_if_any() as client:
        if client is not None:
            return client.call(method)
    with contextlib.suppress(*_FOR_THE_AGENT):
        return msgspec.to_builtins(read(find_paths()))
    with agent() as client:
        return client.call(method)


def _renewals(paths: Paths) -> RenewalList:
    if not os.path.lexists(paths.journal) and not os.path.lexists(paths.dossiers):
        return RenewalList(renewals=())
    with contextlib.closing(
        Journal(paths.journal, read_vault(paths.vault_key), is_only_read=True)
    ) as journal:
        if journal.lost():
            raise VaultError
        language = user_language()
        return RenewalList(renewals=tuple(renewal_view(one, language) for one in journal.all()))


def _licences(paths: Paths) -> LicenceList:
    if not os.path.lexists(paths.licences):
        return LicenceList(licences=(), updating=())
    items = LicenceStore(paths.licences, read_vault(paths.vault_key)).only_read()
    language = user_language()
    return LicenceList(licences=tuple(licence_view(one, language) for one in items), updating=())
