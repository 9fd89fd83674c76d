"""Opening the journal at the agent's start, whatever lies there: reminders must not depend on it."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
from pathlib import Path

from agent.ground import held_files
from agent.ground.clock import Clock
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.renewals.journal.database import (
    DatabaseBrokenError,
    JournalBusyError,
    JournalNewerError,
)
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.salvage import papers_in, salvage
from agent.renewals.journal.vault import Vault
from agent.system.damage import DamagedError, Damages, UnreadableError, lay_aside

log = logging.getLogger(__name__)

TOLD_FOR = dt.timedelta(days=30)
"""How long it is said of a lost renewal that it is lost; then its papers go, too."""
_BESIDE = ("-wal", "-journal")
"""What a database has beside it that belongs to it."""


class JournalDamagedError(DamagedError):
    """The journal was laid aside, and a new one was begun with what could be read."""

    code = "journal_damaged"
    what = mark("The renewals' journal")
    sentence = mark(
        "The renewals' journal was damaged. It was laid aside as {file}; of its renewals {kept} could be "
        "read and were kept."
    )
    advice = mark(
        "Look at `odc-agent renewals`. If one is missing that was under way, ask the authority whether an "
        "application is open, and start the renewal again."
    )


def open_journal(
    file: Path, vault: Vault, *, dossiers: Path, damages: Damages, clock: Clock
) -> Journal:
    """Return the journal, or an empty one that takes nothing where it is not ours to touch.

    Args:
        file: where it is.
        vault: opens what is sealed in it.
        dossiers: folder of the papers of renewals under way; their names tell of lost ones.
        damages: hears what is wrong.
        clock: dates what is laid aside.

    Raises:
        HomeNotUsableError: the disk takes nothing.
    """
    try:
        journal = _opened(file, vault, dossiers, damages, clock)
    except (JournalNewerError, JournalBusyError, UnreadableError) as error:
        damages.tell(error)
        return Journal(file, vault, paused=error)
    _tell_of_lost(journal, dossiers, damages, clock())
    _remove_papers_of_ended(journal, dossiers)
    journal.on_lost = lambda lost: damages.tell(lost.problem())
    return journal


def _opened(file: Path, vault: Vault, dossiers: Path, damages: Damages, clock: Clock) -> Journal:
    try:
        if _is_emptied(file) and papers_in(dossiers):
            raise DatabaseBrokenError("empty")  # noqa: TRY301 - as what SQLite finds
        return Journal(file, vault)
    except DatabaseBrokenError as error:
        log.exception("journal damaged")
        aside = _laid_aside(file, clock(), error)
    salvaged = salvage(aside, dossiers, clock())
    journal = Journal(file, vault)
    journal.take_in(salvaged)
    damages.tell(JournalDamagedError(file=os.fspath(aside), kept=salvaged.renewals))
    return journal


def _is_emptied(file: Path) -> bool:
    """Return whether nothing is in the file, which to SQLite is a new database."""
    return file.is_file() and file.stat().st_size == 0


def _laid_aside(file: Path, now: dt.datetime, error: Exception) -> Path:
    """Move the database with what belongs to it; UnreadableError."""
    try:
        aside = lay_aside(file, now) if os.path.lexists(file) else file
        for suffix in _BESIDE:
            beside = file.with_name(f"{file.name}{suffix}")
            if os.path.lexists(beside):
                held_files.rename(beside, aside.with_name(f"{aside.name}{suffix}"))
        _remove(file.with_name(f"{file.name}-shm"))  # made anew from the log
    except OSError as failure:
        reason = f"{error} ({reason_of(failure)})"
        raise UnreadableError(what=JournalDamagedError.what, reason=reason) from failure
    return aside


def _remove(file: Path) -> None:
    if file.is_dir() and not file.is_symlink():
        held_files.remove_tree(file)
    else:
        held_files.remove(file)


def _tell_of_lost(journal: Journal, dossiers: Path, damages: Damages, now: dt.datetime) -> None:
    for lost in journal.lost():
        if lost.created is None or now - lost.created < TOLD_FOR:
            damages.tell(lost.problem())
            continue
        log.info("lost renewal given up id=%s", lost.id)
        with contextlib.suppress(OdcError, OSError):  # a full disk, a scanner: at the next start
            journal.give_up(lost.id)
            held_files.remove_tree(dossiers / lost.id)


def _remove_papers_of_ended(journal: Journal, dossiers: Path) -> None:
    """Remove what was to go when a renewal ended, and another program had open just then."""
    for renewal in journal.ended().intersection(papers_in(dossiers)):
        with contextlib.suppress(OSError):  # still: at the next start
            held_files.remove_tree(dossiers / renewal)
