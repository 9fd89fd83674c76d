"""An agent starts, works and says what is wrong, whatever lies in the place of what it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from agent_here import agent, ask, asked
from kept_data import keep_everything, kept_files
from whatever_lies_there import DAMAGES, folder, noise

from agent.system.damage import laid_aside_in
from agent.system.paths import Paths, find_paths

NOBODY_MISSES = {
    "agent.lock", "agent.log", "config.last-good.toml", "listening", "no-tray-told",
    "policy.last-good.toml", "start-failed.json",
    "id_card_front.sealed",  # not read before the authority asks for it
}  # fmt: skip
FILES = 19


@pytest.fixture
def paths(own_folders):
    return find_paths()


def codes(status):
    return {problem["code"] for problem in status["problems"]}


async def test_what_is_whole_is_no_problem(paths):
    keep_everything(paths)
    status, listed = await asked(paths, "agent.status", "renewals.list")
    assert status["problems"] == []
    assert len(listed["renewals"]) == 1


def test_there_is_a_file_of_every_kind_the_agent_keeps(paths):
    keep_everything(paths)
    kept = set(kept_files(paths))
    named = [value for value in vars(Paths).values() if isinstance(value, property)]
    places = [place for value in named if isinstance(place := value.fget(paths), Path)]
    ours = [place for place in places if place.is_relative_to(paths.data)]
    assert len(ours) > 12
    for place in ours:
        assert place in kept or any(place in file.parents for file in kept), place


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
async def test_an_agent_starts_where_nothing_is_whole_and_says_what_is_wrong(paths, damage):
    renewal = keep_everything(paths)
    for file in kept_files(paths):
        damage(file)
    status, listed = await asked(paths, "agent.status", "renewals.list")
    assert codes(status) >= {
        "vault_key_damaged", "journal_damaged", "application_lost", "pin_states_damaged",
        "sites_damaged", "reminders_damaged",
    }  # fmt: skip
    assert listed["renewals"] == []
    [lost] = [each for each in status["problems"] if each["code"] == "application_lost"]
    assert renewal.id in lost["message"]
    assert renewal.id in lost["advice_zh"]
    assert "agent runs" in (paths.logs / "agent.log").read_text("utf-8", "replace")
    # What was there is there still, under another name; the next start is an ordinary one.
    assert len(laid_aside_in(paths.data)) >= 6
    [status] = await asked(paths, "agent.status")
    assert codes(status) == {"application_lost"}


@pytest.mark.parametrize("number", range(FILES))
async def test_one_damaged_file_is_told_and_takes_nothing_else_along(paths, number):
    renewal = keep_everything(paths)
    file = kept_files(paths)[number]
    (noise, folder)[number % 2](file)
    async with agent(paths) as client:
        listed = await ask(client, "renewals.list")
        for method in ("licences.list", "applicant.get"):
            await ask(client, method)
        if listed["renewals"]:
            await ask(client, "dossiers.get", id=renewal.id)
        status = await ask(client, "agent.status")
    assert bool(codes(status)) == (file.name not in NOBODY_MISSES)
    is_lost = file.name in {"renewals.sqlite", "vault.key"}
    assert len(listed["renewals"]) == (0 if is_lost else 1)


def test_every_file_is_tried_by_itself(paths):
    keep_everything(paths)
    assert len(kept_files(paths)) == FILES
