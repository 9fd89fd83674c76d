"""A data folder with all that an agent keeps in it: of a renewal under way, tokens, sites, settings."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path

import msgspec
from renewal_maker import APPLICANT, new_renewal

from agent.checks.browser_seen import BrowserSeen
from agent.ground.clock import utc_now
from agent.ground.errors import OdcError
from agent.remembered.store import TokenStore
from agent.reminders.memory import ReminderMemory
from agent.reminders.rules import Shown
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName, Policy
from agent.renewals.drafts.store import Draft, DraftStore
from agent.renewals.journal.applicant_profile import keep_profile
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.states import State, Waiting
from agent.renewals.journal.vault import open_vault
from agent.renewals.licences.item import LicenceItem
from agent.renewals.licences.store import LicenceStore
from agent.settings.reading import load
from agent.sites.memory import SiteMemory
from agent.sites.model import Action, Decision
from agent.system.files import write_private
from agent.system.paths import Paths
from agent.system.runtime import note_file
from agent.system.start_failure import note_failure
from agent.tokens.errors import PinLockedError
from agent.tokens.model import TokenReference
from agent.tokens.pin_memory import PinMemory
from agent.updates.model import UpdateState

CONFIG = """discover_modules = false
[browser]
register = false
[reminders]
notifications = false
"""
USCC = "91440300MA5EXAMPL7"
SITE = "https://portal.example"
TOKEN = TokenReference(module="/m.so", serial="0123456789abcdef", label="测试KEY")


def keep_everything(paths: Paths) -> Renewal:
    """Write every file the agent keeps, and return the renewal that is under review."""
    write_private(paths.config_file, CONFIG.encode())
    write_private(paths.policy_file, b"poll_seconds = 9.0\n")
    load(paths)  # keeps a copy of what is valid
    vault, now = open_vault(paths.vault_key), utc_now()
    renewal = new_renewal(
        state=State.REVIEWING, waiting=Waiting.REVIEW, created=now, updated=now,
        policy=Policy(authority="样例服务商"),
    )  # fmt: skip
    with closing(Journal(paths.journal, vault)) as journal:
        journal.add(renewal)
    ScanStore(paths.dossiers, vault).put(renewal.id, DocumentName.ID_CARD_FRONT, b"scan" * 900)
    DraftStore(paths.dossiers, vault).write(
        renewal.id, Draft(applicant={ApplicantField.NAME: "欧阳经办"})
    )
    LicenceStore(paths.licences, vault).put(LicenceItem(uscc=USCC, organisation="样例公司"))
    keep_profile(paths.applicant_profile, vault, APPLICANT)
    ReminderMemory(paths.reminders).remember(
        {"ab" * 32: Shown(day=dt.date(2026, 3, 2), days_left=9)}
    )
    PinMemory(paths.pin_states).has_tried(TOKEN, PinLockedError())
    SiteMemory(paths.sites).keep(SITE, Action.RENEW, Decision.ALWAYS, now)
    TokenStore(paths.remembered_tokens).write(())
    BrowserSeen(paths.browser_seen, utc_now).note()
    write_private(paths.no_tray_told, b"")
    write_private(paths.updates / "state.json", msgspec.json.encode(UpdateState()))
    write_private(paths.lock, b"1\nelsewhere")
    note_failure(paths.data, OdcError(reason="earlier").report(), now)
    write_private(Path(note_file()), b"/elsewhere")
    write_private(paths.logs / "agent.log", b"earlier\n" * 99)
    return renewal


def kept_files(paths: Paths) -> list[Path]:
    """Return every file in the folders of data and logs."""
    found = (each for top in (paths.data, paths.logs) for each in top.rglob("*"))
    return sorted(each for each in found if each.is_file())
