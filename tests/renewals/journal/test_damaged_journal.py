"""A damaged journal: laid aside, what can be read is kept, and of what cannot the next step is told."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
from contextlib import closing

import msgspec
import pytest
from renewal_maker import NOW, SECRET, new_renewal

from agent.ground.errors import OdcError
from agent.renewals.journal.database import JournalNewerError
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.leftovers import Leftover
from agent.renewals.journal.opening import TOLD_FOR, open_journal
from agent.renewals.journal.salvage import salvage
from agent.renewals.journal.states import State
from agent.renewals.journal.vault import Vault
from agent.system.damage import Damages

PAGE = 4096


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data" / "renewals.sqlite"


class Desk:
    """A journal with sixteen renewals, every fourth of which is under way."""

    def __init__(self, file, vault) -> None:
        self.file, self.vault = file, vault
        self.now = NOW
        self.dossiers = file.with_name("dossiers")
        self.open_ones, self.ended = [], []
        with closing(Journal(file, vault)) as journal:
            journal._database.execute("PRAGMA synchronous = OFF")
            for number in range(16):
                renewal = journal.add(new_renewal())
                if number % 4:
                    journal.save(renewal.moved(State.CANCELLED, NOW).forgotten())
                    self.ended.append(renewal.id)
                else:
                    journal.save(msgspec.structs.replace(renewal, state=State.REVIEWING))
                    self.open_ones.append(renewal.id)
            self.leftover = Leftover(token=renewal.token, key_id=b"\1\2")
            with journal._transaction():
                journal._leave(self.leftover)

    def opened(self):
        """Open it as the agent does; the journal, and what was found."""
        damages = Damages(lambda: self.now)
        journal = open_journal(
            self.file, self.vault, dossiers=self.dossiers, damages=damages, clock=lambda: self.now
        )
        return closing(journal), damages.problems

    def spoil(self, *pages):
        with self.file.open("r+b") as opened:
            for page in pages:
                opened.seek(page * PAGE)
                opened.write(os.urandom(PAGE))

    def aside(self):
        return self.file.with_name("renewals.damaged-2025-03-07.sqlite")


@pytest.fixture
def desk(file, vault):
    return Desk(file, vault)


def test_a_whole_journal_is_opened_as_it_is(desk):
    opened, problems = desk.opened()
    with opened as journal:
        assert len(journal.all()) == 16
    assert problems == ()


def test_papers_that_were_held_when_a_renewal_ended_go_at_the_next_start(desk):
    for renewal in (desk.ended[0], desk.open_ones[0], "nobody-knows"):
        (desk.dossiers / renewal).mkdir(parents=True)
        (desk.dossiers / renewal / "scan.sealed").write_bytes(b"scan")
    opened, problems = desk.opened()
    with opened:
        left = {folder.name for folder in desk.dossiers.iterdir()}
    assert left == {desk.open_ones[0], "nobody-knows"}
    assert problems == ()


def test_whichever_page_is_damaged_most_renewals_are_kept_and_no_open_one_is_passed_over(desk):
    whole = desk.file.read_bytes()
    kept = []
    for page in range(len(whole) // PAGE):
        desk.file.write_bytes(whole)
        desk.spoil(page)
        salvaged = salvage(desk.file, desk.dossiers, NOW)
        assert {row[0] for row in salvaged.rows["renewal"]} >= set(desk.open_ones), page
        kept.append(salvaged.renewals)
    assert sum(kept) / len(kept) > 14


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_journal_without_its_first_pages_is_begun_anew_and_is_one_like_any_other(desk, page):
    desk.spoil(page)
    opened, problems = desk.opened()
    with opened as journal:
        found = {renewal.id for renewal in journal.all()}
        assert found == {*desk.open_ones, *desk.ended}
        assert [problem.code for problem in problems] == ["journal_damaged"]
        assert journal.get(desk.open_ones[0]).private.secret == SECRET
        assert journal.add(new_renewal())
    assert desk.opened()[1] == ()


def test_what_was_damaged_is_laid_aside_with_the_day(desk):
    desk.spoil(1, 2)
    spoilt = desk.file.read_bytes()
    opened, problems = desk.opened()
    with opened:
        assert problems[0].code == "journal_damaged"
        assert problems[0].values["file"] == str(desk.aside())
        assert desk.aside().read_bytes() == spoilt


def test_what_is_to_be_removed_from_tokens_is_kept(desk):
    with closing(sqlite3.connect(desk.file)) as database:
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'history'"
        ).fetchone()
    desk.spoil(root - 1)
    opened, _ = desk.opened()
    with opened as journal:
        assert journal.leftovers(desk.leftover.token) == [desk.leftover]


def test_of_a_journal_of_zeros_the_papers_tell_which_renewals_were_open(desk):
    desk.file.write_bytes(bytes(desk.file.stat().st_size))
    (desk.dossiers / desk.open_ones[0]).mkdir(parents=True)
    for _start in range(2):  # it is said again at the next one: nobody may have seen it
        opened, problems = desk.opened()
        with opened as journal:
            assert journal.all() == []
        lost = problems[-1]
        assert (lost.code, lost.values["id"]) == ("application_lost", desk.open_ones[0])
        assert "have number" in str(lost.report().advice)


def test_a_lost_renewal_is_told_for_a_month_and_its_papers_go_then(desk):
    desk.file.write_bytes(b"")
    (desk.dossiers / "one").mkdir(parents=True)
    desk.opened()[0].close = None
    desk.now += TOLD_FOR - dt.timedelta(days=1)
    assert len(desk.opened()[1]) == 1
    desk.now += dt.timedelta(days=2)
    assert desk.opened()[1] == ()
    assert not list(desk.dossiers.iterdir())
    assert desk.opened()[1] == ()


def test_a_row_that_nothing_can_be_made_of_hides_no_other_and_is_told(desk):
    with closing(sqlite3.connect(desk.file)) as database:
        database.execute(
            'UPDATE renewal SET facts = \'{"organisation": "样例"}\' WHERE id = ?',
            (desk.open_ones[3],),
        )
        database.execute(
            "UPDATE renewal SET facts = CAST(x'ff7b' AS TEXT) WHERE id = ?", (desk.ended[0],)
        )
        database.commit()
    opened, [lost] = desk.opened()
    with opened as journal:
        assert len(journal.all()) == 14
        assert lost.values == {"organisation": "样例", "id": desk.open_ones[3]}


def test_without_its_key_open_renewals_are_told(desk):
    desk.vault = Vault(bytes(32))
    opened, problems = desk.opened()
    with opened as journal:
        assert journal.all() == []
    assert {problem.values["id"] for problem in problems} == set(desk.open_ones)


@pytest.mark.parametrize(
    "half",
    [
        "ALTER TABLE leftover RENAME TO leftover_before",
        "DROP TABLE leftover",
        "PRAGMA user_version = 1",
    ],
)
def test_a_journal_that_is_half_migrated_is_begun_anew_with_all_its_renewals(desk, half):
    with closing(sqlite3.connect(desk.file)) as database:
        database.execute(half)
    opened, problems = desk.opened()
    with opened as journal:
        assert len(journal.all()) == 16
        assert len(journal.history(desk.open_ones[0])) == 2
        if "DROP" not in half:
            assert journal.leftovers(desk.leftover.token) == [desk.leftover]
    assert [problem.code for problem in problems] == ["journal_damaged"]
    assert problems[0].values["kept"] == 16


def test_a_journal_of_a_newer_version_is_left_untouched_and_renewals_stand_still(desk):
    with closing(sqlite3.connect(desk.file)) as database:
        database.execute("PRAGMA user_version = 2025")
    before = desk.file.read_bytes()
    opened, [problem] = desk.opened()
    with opened as journal:
        assert isinstance(problem, JournalNewerError)
        assert journal.all() == []
        with pytest.raises(JournalNewerError):
            journal.add(new_renewal())
    assert desk.file.read_bytes() == before


def test_a_journal_that_a_backup_holds_is_left_untouched_and_said(desk):
    with closing(sqlite3.connect(desk.file)) as backup:
        backup.execute("PRAGMA journal_mode = DELETE")
        backup.execute("BEGIN EXCLUSIVE")
        opened, [problem] = desk.opened()
        with opened as journal, pytest.raises(OdcError):
            journal.add(new_renewal())
        assert problem.code == "journal_busy"
    opened, problems = desk.opened()
    with opened as journal:
        assert len(journal.all()) == 16
    assert problems == ()


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_what_lies_beside_the_journal_costs_no_renewal(desk, suffix):
    desk.file.with_name(f"{desk.file.name}{suffix}").mkdir()
    opened, _ = desk.opened()
    with opened as journal:
        assert len(journal.all()) == 16
