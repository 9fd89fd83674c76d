"""Renewals, licences and dossiers, with what is kept of them and the authorities they are brought to."""

from __future__ import annotations

import asyncio
import datetime as dt

import msgspec

from agent.building.shared import Shared
from agent.building.tokens import Tokens
from agent.renewals.authorities.choosing import Authorities
from agent.renewals.drafts.service import DossierService
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.opening import open_journal
from agent.renewals.journal.scan_store import ScanDamagedError, ScanStore
from agent.renewals.journal.vault import Vault, VaultError, see_to_vault
from agent.renewals.licences.service import LicenceService
from agent.renewals.licences.store import LicenceDamagedError, LicenceStore
from agent.renewals.service import RenewalService


class Renewals(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent has to do with authorities."""

    renewals: RenewalService
    licences: LicenceService
    dossiers: DossierService


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What renewals and licences both work with."""

    vault: Vault
    journal: Journal
    authorities: Authorities


async def build_renewals(shared: Shared, tokens: Tokens) -> Renewals:
    """Open what is kept, whatever state it is in; what was under way does not go on yet."""
    paths, damages = shared.paths, shared.damages
    damages.see_to_folder(paths.dossiers, ScanDamagedError)
    damages.see_to_folder(paths.licences, LicenceDamagedError)
    # The key is read from, or written to, a disk that may be slow.
    vault = await asyncio.to_thread(see_to_vault, paths.vault_key, damages)
    kept = _Kept(
        vault=vault or Vault.passing(),
        journal=_journal(shared, vault),
        authorities=Authorities(shared.config),
    )
    renewals = _renewals(shared, tokens, kept)
    return Renewals(
        renewals=renewals,
        licences=_licences(shared, tokens, kept),
        dossiers=DossierService(
            renewals=renewals,
            folder=paths.dossiers,
            profile=paths.applicant_profile,
            vault=kept.vault,
            identity_oids=shared.identity_oids,
            damages=damages,
        ),
    )


def _renewals(shared: Shared, tokens: Tokens, kept: _Kept) -> RenewalService:
    return RenewalService(
        journal=kept.journal,
        scans=ScanStore(shared.paths.dossiers, kept.vault, shared.damages),
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
        store=LicenceStore(shared.paths.licences, kept.vault, shared.damages),
        journal=kept.journal,
        inventory=tokens.inventory,
        pins=tokens.pins,
        authorities=kept.authorities,
        bus=shared.bus,
        clock=shared.clock,
        identity_oids=shared.identity_oids,
    )


def _journal(shared: Shared, vault: Vault | None) -> Journal:
    if vault is None:
        problem = VaultError()
        return Journal(shared.paths.journal, Vault.passing(), paused=problem)
    return open_journal(
        shared.paths.journal,
        vault,
        dossiers=shared.paths.dossiers,
        damages=shared.damages,
        clock=shared.clock,
    )
