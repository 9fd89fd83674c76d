"""Renewals, licences and dossiers, with what is kept of them and the authorities they are brought to."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from dataclasses import dataclass
from pathlib import Path

from agent.building.shared import Shared
from agent.building.tokens import Tokens
from agent.renewals.authorities.choosing import Authorities
from agent.renewals.drafts.service import DossierService
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.vault import Vault, VaultError, open_vault
from agent.renewals.licences.service import LicenceService
from agent.renewals.licences.store import LicenceStore
from agent.renewals.service import RenewalService

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewals:
    """What the agent has to do with authorities."""

    renewals: RenewalService
    licences: LicenceService
    dossiers: DossierService


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What renewals and licences both work with."""

    vault: Vault
    journal: Journal
    authorities: Authorities


async def build_renewals(shared: Shared, tokens: Tokens) -> Renewals:
    """Open what is kept; what was under way does not go on yet.

    Raises:
        JournalNewerError: a newer agent has written the journal.
    """
    # The key is read from, or written to, a disk that may be slow.
    vault = await asyncio.to_thread(_open_vault, shared.paths.vault_key)
    kept = _Kept(
        vault=vault,
        journal=Journal(shared.paths.journal, vault),
        authorities=Authorities(shared.config),
    )
    renewals = _renewals(shared, tokens, kept)
    return Renewals(
        renewals=renewals,
        licences=_licences(shared, tokens, kept),
        dossiers=DossierService(
            renewals=renewals,
            folder=shared.paths.dossiers,
            profile=shared.paths.applicant_profile,
            vault=vault,
            identity_oids=shared.identity_oids,
        ),
    )


def _renewals(shared: Shared, tokens: Tokens, kept: _Kept) -> RenewalService:
    return RenewalService(
        journal=kept.journal,
        scans=ScanStore(shared.paths.dossiers, kept.vault),
        inventory=tokens.inventory,
        remembered=tokens.remembered,
        pins=tokens.pins,
        authorities=kept.authorities,
        bus=shared.bus,
        clock=shared.clock,
        abandoned_after=lambda: dt.timedelta(days=shared.config().renewals.abandoned_after_days),
    )


def _licences(shared: Shared, tokens: Tokens, kept: _Kept) -> LicenceService:
    return LicenceService(
        store=LicenceStore(shared.paths.licences, kept.vault),
        journal=kept.journal,
        inventory=tokens.inventory,
        pins=tokens.pins,
        authorities=kept.authorities,
        bus=shared.bus,
        clock=shared.clock,
        identity_oids=shared.identity_oids,
    )


def _open_vault(key_file: Path) -> Vault:
    """Return the vault; a damaged key is laid aside, since reminders must not depend on it."""
    try:
        return open_vault(key_file)
    except VaultError:
        log.exception("vault key damaged, laid aside; renewals under way cannot be read")
        key_file.replace(key_file.with_suffix(".damaged"))
        return open_vault(key_file)
