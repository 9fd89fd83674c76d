"""Renewals and licences are listed where no agent runs; where what lies there is not whole, it is asked."""

from __future__ import annotations

import contextlib
import hashlib

import pytest
from kept_data import keep_everything, kept_files
from whatever_lies_there import DAMAGES

from agent.cli.ground import kept
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.vault import open_vault
from agent.system.paths import find_paths


class Started:
    """Stands for an agent that is started, and answers what it was asked."""

    def call(self, method):
        return f"the agent's {method}"


@pytest.fixture
def paths(short_folder, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short_folder))
    monkeypatch.setenv("ODC_HOME", str(short_folder / "home"))
    monkeypatch.setattr(kept, "agent", lambda: contextlib.nullcontext(Started()))
    return find_paths()


def contents(paths) -> dict:
    return {file: hashlib.sha256(file.read_bytes()).digest() for file in kept_files(paths)}


def test_of_an_untouched_home_nothing_is_made(paths):
    assert kept.renewals() == {"renewals": ()}
    assert kept.licences() == {"licences": (), "updating": ()}
    assert not paths.data.exists()


def test_what_is_kept_is_told_and_stays_as_it_is(paths):
    renewal = keep_everything(paths)
    before = contents(paths)
    [told] = kept.renewals()["renewals"]
    assert (told["id"], told["state"], told["waiting"]) == (renewal.id, "reviewing", "REVIEW")
    assert told["text"]
    [licence] = kept.licences()["licences"]
    assert licence["organisation"] == "样例公司"
    assert contents(paths) == before


def test_a_journal_whose_log_a_killed_agent_left_is_read_with_it(paths):
    renewal = keep_everything(paths)
    writing = Journal(paths.journal, open_vault(paths.vault_key))
    with contextlib.closing(writing):
        writing.save(writing.get(renewal.id).changed(renewal.updated, new_thumbprint="ab" * 32))
        [told] = kept.renewals()["renewals"]
    assert told["new_thumbprint"] == "ab" * 32


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("what", ["journal", "vault_key"])
def test_what_is_not_whole_is_the_agents_to_see_to(paths, damage, what):
    keep_everything(paths)
    damage(getattr(paths, what))
    names = sorted(paths.data.rglob("*"))
    assert kept.renewals() == "the agent's renewals.list"
    if what == "vault_key":
        assert kept.licences() == "the agent's licences.list"
    assert sorted(paths.data.rglob("*")) == names, "nothing is laid aside by a command"


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_licence_that_is_not_whole_is_the_agents_to_see_to(paths, damage):
    keep_everything(paths)
    [file] = paths.licences.iterdir()
    damage(file)
    assert kept.licences() == "the agent's licences.list"
    assert [each.name for each in paths.licences.iterdir()] == [file.name]


def test_a_renewal_that_cannot_be_opened_is_the_agents_to_see_to(paths):
    keep_everything(paths)
    paths.vault_key.unlink()
    open_vault(paths.vault_key)
    assert kept.renewals() == "the agent's renewals.list"
