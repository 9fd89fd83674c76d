"""A conversion is sent once a person has said so, and then that one: others may be looked at."""

from __future__ import annotations

import pytest
from dossier_desk import BACK, FRONT, PICTURES

from agent.renewals.drafts.store import ScanNotChosenError


async def used(desk, turns=1):
    """Return a renewal whose front is sent converted."""
    renewal = await desk.fill_in(desk.begin(), FRONT)
    await desk.dossiers.convert(renewal.id, FRONT, page=1, turns=turns)
    await desk.dossiers.use(renewal.id, FRONT, is_converted=True)
    return renewal


async def test_what_is_only_looked_at_is_not_sent(desk):
    renewal = await desk.fill_in(desk.begin(), FRONT)
    await desk.dossiers.convert(renewal.id, FRONT, page=1, turns=1)
    assert desk.sent(renewal, FRONT) == PICTURES[FRONT]


async def test_nor_in_place_of_a_conversion_that_is_used(desk):
    renewal = await used(desk)
    sent, opened = desk.sent(renewal, FRONT), await desk.dossiers.open(renewal.id)
    for turns in (0, 2):
        await desk.dossiers.convert(renewal.id, FRONT, page=1, turns=turns)
        assert desk.sent(renewal, FRONT) == sent
    again = await desk.dossiers.open(renewal.id)
    assert (again.draft, again.thumbnails) == (opened.draft, opened.thumbnails)


async def test_the_one_that_was_looked_at_last_is_used(desk):
    renewal = await used(desk)
    sent = desk.sent(renewal, FRONT)
    await desk.dossiers.convert(renewal.id, FRONT, page=1, turns=2)
    await desk.dossiers.use(renewal.id, FRONT, is_converted=True)
    assert desk.sent(renewal, FRONT) not in (sent, PICTURES[FRONT])


async def test_one_that_is_used_may_be_used_once_more_and_the_file_itself_again(desk):
    renewal = await used(desk)
    sent = desk.sent(renewal, FRONT)
    await desk.dossiers.use(renewal.id, FRONT, is_converted=True)
    assert desk.sent(renewal, FRONT) == sent
    await desk.dossiers.use(renewal.id, FRONT, is_converted=False)
    assert desk.sent(renewal, FRONT) == PICTURES[FRONT]


async def test_of_another_file_nothing_can_be_used_that_was_made_of_the_one_before(desk):
    renewal = await used(desk)
    await desk.dossiers.convert(renewal.id, FRONT, page=1, turns=2)
    await desk.dossiers.choose(renewal.id, FRONT, "new.png", PICTURES[BACK])
    with pytest.raises(ScanNotChosenError):
        await desk.dossiers.use(renewal.id, FRONT, is_converted=True)
    assert desk.sent(renewal, FRONT) == PICTURES[BACK]
