"""What the driver makes of what goes wrong beside the authority's answers."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import pytest
from driving import driving
from renewal_maker import new_renewal

from agent.renewals.journal.journal import Journal
from agent.renewals.journal.states import State, Waiting


class Authority:
    """Fails as it is told to."""

    def __init__(self, error):
        self.asked = 0
        self._error = error

    async def poll(self, _credentials):
        self.asked += 1
        raise self._error


@pytest.fixture
def file(tmp_path):
    return tmp_path / "renewals.sqlite"


@pytest.fixture
def journal(file, vault):
    with closing(Journal(file, vault)) as journal:
        yield journal


async def until(ask):
    async with asyncio.timeout(20):
        while not ask():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("error", [OSError(13, "Permission denied"), TimeoutError(), EOFError()])
async def test_what_a_step_meets_is_said_and_is_no_full_disk(journal, error, caplog):
    renewal = journal.add(new_renewal(state=State.REVIEWING))
    async with driving(journal, Authority(error)) as driver:
        driver.wake(renewal.id)
        await until(lambda: journal.get(renewal.id).error)
    stored = journal.get(renewal.id)
    assert stored.waiting is Waiting.NETWORK
    assert stored.error.details["reason"] == type(error).__name__
    assert "not saved" not in caplog.text


async def test_a_renewal_that_was_damaged_while_it_waited_is_let_go(journal, file, caplog):
    renewal = journal.add(new_renewal(state=State.REVIEWING))
    authority = Authority(EOFError())
    async with driving(journal, authority) as driver:
        for times in (1, 2):  # also when it is woken again
            with closing(sqlite3.connect(file)) as other, other:
                other.execute("UPDATE renewal SET private = x'00'")
            driver.wake(renewal.id)
            await until(lambda n=times: caplog.text.count("cannot be decrypted") == n)
    assert authority.asked == 0
