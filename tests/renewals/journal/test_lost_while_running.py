"""A renewal whose row is damaged while the agent runs is told of like other damage: once, and at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from renewal_maker import NOW, new_renewal

from agent.renewals.journal.journal import Journal
from agent.renewals.journal.opening import open_journal
from agent.renewals.journal.states import State
from agent.renewals.journal.vault import VaultError
from agent.system.damage import Damages


class Desk:
    """A journal that is open as the agent has it, and what was found damaged."""

    def __init__(self, folder, vault):
        self.file, self.vault = folder / "renewals.sqlite", vault
        self.damages = Damages(lambda: NOW)
        self.journal = self.opened(self.damages)

    def opened(self, damages):
        return open_journal(
            self.file,
            self.vault,
            dossiers=self.file.with_name("dossiers"),
            damages=damages,
            clock=lambda: NOW,
        )

    def spoil(self, renewal, column="private"):
        with closing(sqlite3.connect(self.file)) as other, other:
            spoilt = {"private": b"\0", "facts": "\0"}[column]
            other.execute(f"UPDATE renewal SET {column} = ? WHERE id = ?", (spoilt, renewal.id))

    @property
    def told(self):
        return [(problem.code, problem.values["id"]) for problem in self.damages.problems]


@pytest.fixture
def desk(tmp_path, vault):
    desk = Desk(tmp_path, vault)
    with closing(desk.journal):
        yield desk


WAYS = {
    "all": lambda journal, _: journal.all(),
    "under way": lambda journal, _: journal.under_way(),
    "one": lambda journal, renewal: journal.get(renewal.id),
    "saved": lambda journal, renewal: journal.save(renewal),
    "another of its certificate": lambda journal, renewal: journal.open_for(renewal.thumbprint),
}


@pytest.mark.parametrize("column", ["private", "facts"])
@pytest.mark.parametrize("way", WAYS)
def test_it_is_told_however_it_is_met_and_not_again(desk, way, column):
    lost = desk.journal.add(new_renewal(state=State.REVIEWING))
    desk.journal.add(new_renewal())
    desk.spoil(lost, column)
    for _ in range(3):
        try:
            WAYS[way](desk.journal, lost)
        except VaultError:
            assert way in {"one", "saved"}
    assert desk.told == [("application_lost", lost.id)]


def test_one_that_has_ended_is_missed_by_nobody(desk):
    ended = desk.journal.add(new_renewal(state=State.REVIEWING))
    desk.journal.save(ended.moved(State.FAILED, NOW))
    desk.spoil(ended)
    desk.journal.all()
    assert desk.told == []


def test_what_was_found_at_the_start_is_not_told_twice(desk):
    lost = desk.journal.add(new_renewal())
    desk.spoil(lost)
    damages = Damages(lambda: NOW)
    with closing(desk.opened(damages)) as journal:
        journal.under_way()
        journal.all()
    assert [problem.code for problem in damages.problems] == ["renewal_lost"]


def test_a_journal_that_nobody_listens_to_goes_on(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        lost = journal.add(new_renewal())
        journal._database.execute("UPDATE renewal SET private = x'00'")
        assert journal.open_for(lost.thumbprint) is None
