"""A PIN that would be of no use is not asked for: what an expired certificate signs, nobody believes."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import msgspec
import pytest
from certificate_maker import make_x509
from cryptography.hazmat.primitives.serialization import Encoding
from renewal_maker import NOW, PRIVATE, new_renewal

from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.ground.errors import WrongStateError
from agent.renewals.journal.states import State, Waiting
from agent.renewals.pin_entry import PinEntry
from agent.renewals.steps.context import Wait
from agent.renewals.steps.finality import is_final
from agent.renewals.steps.steps import advance
from agent.renewals.steps.window import SignerExpiredError, check_signer

END = NOW.replace(microsecond=0) + dt.timedelta(days=3)
BEFORE, AFTER = END, END + dt.timedelta(seconds=1)


class Talk:
    """An enrolment in which the token signs each message; nothing is signed yet."""

    asks_for_secret = False

    async def time(self):
        return None

    async def policy(self):
        raise AssertionError("nobody is asked once it is known to be of no use")


def context(now, *, signed=True):
    talk = Talk()
    return SimpleNamespace(
        enrolment=talk, signed=talk if signed else None, dossier=None, clock=lambda: now,
        is_plugged_in=lambda _renewal: True, abandoned_after=dt.timedelta(days=30),
    )  # fmt: skip


def renewal(state, waiting=None, **facts):
    der = make_x509(not_before=NOW - dt.timedelta(days=9), not_after=END).public_bytes(Encoding.DER)
    private = msgspec.structs.replace(PRIVATE, certificate=der)
    values = {"policy": Policy(authority="x"), "created": END, "updated": END, **facts}
    return new_renewal(state=state, waiting=waiting, private=private, **values)


def test_it_counts_to_its_last_second():
    check_signer(END, BEFORE)
    with pytest.raises(SignerExpiredError) as expired:
        check_signer(END, AFTER)
    assert is_final(expired.value)


@pytest.mark.parametrize("state", [State.DRAFTING, State.SIGNING])
async def test_it_is_found_out_before_anybody_is_asked(state):
    with pytest.raises(SignerExpiredError):
        await advance(context(AFTER), renewal(state))


@pytest.mark.parametrize("state", [State.SIGNING, State.INSTALLING])
async def test_elsewhere_the_pin_is_waited_for(state):
    with pytest.raises(Wait) as wait:
        await advance(context(AFTER if state is State.INSTALLING else BEFORE), renewal(state))
    assert wait.value.reason is Waiting.PIN
    with pytest.raises(Wait):
        await advance(context(AFTER, signed=False), renewal(State.SIGNING))


class Asked:
    """A session that is open."""

    def __init__(self):
        self.is_cancelled = False

    async def cancel(self):
        self.is_cancelled = True


class Sessions:
    """Remembers whether a PIN was asked for, and knows what became of the renewal meanwhile."""

    def __init__(self):
        self.wishes, self.current, self.asked = [], None, Asked()

    async def ask(self, wish, _work, _done):
        self.wishes.append(wish)
        return self.asked


@pytest.fixture
def entry():
    """Give how a PIN is asked for at some time, the sessions, and what became of the renewal."""

    def made(now, **facts):
        sessions, done = Sessions(), []
        ask = PinEntry(
            sessions, lambda _id: sessions.current, lambda _r: context(now, **facts),
            lambda *saved: done.append(saved), lambda: now,
        )  # fmt: skip
        return ask, sessions, done

    return made


@pytest.mark.parametrize("state", [State.SIGNING, State.ISSUING])
async def test_who_asks_for_a_pin_that_is_of_no_use_is_told_and_the_renewal_ends(entry, state):
    """It has expired while the PIN was waited for."""
    ask, sessions, done = entry(AFTER)
    waiting = renewal(state, Waiting.PIN)
    with pytest.raises(SignerExpiredError):
        await ask.ask(waiting)
    assert sessions.wishes == []
    [(before, after)] = done
    assert before is waiting
    assert after.is_withdrawing
    assert after.failure.code == "signer_expired"


@pytest.mark.parametrize(
    ("state", "waiting", "purpose"),
    [
        (State.SIGNING, Waiting.PIN, "submit"),
        (State.ISSUING, Waiting.PIN, "ask"),
        (State.ISSUING, Waiting.TOKEN, "ask"),
        (State.INSTALLING, Waiting.PIN, "install"),
    ],
)
async def test_each_pin_has_a_purpose(entry, state, waiting, purpose):
    ask, sessions, _ = entry(BEFORE)
    sessions.current = renewal(state, waiting)
    await ask.ask(sessions.current)
    [wish] = sessions.wishes
    assert wish.purpose.value == purpose


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"is_withdrawing": True},
        {"state": State.CANCELLED},
        {"state": State.INSTALLING, "is_proved": True},
    ],
    ids=["withdrawn", "cancelled", "proved"],
)
async def test_no_pin_is_taken_for_what_was_cancelled_while_the_token_was_looked_for(
    entry, meanwhile
):
    ask, sessions, _ = entry(BEFORE)
    waiting = renewal(State.SIGNING, Waiting.PIN)
    sessions.current = msgspec.structs.replace(waiting, **meanwhile)
    with pytest.raises(WrongStateError):
        await ask.ask(waiting)
    assert sessions.asked.is_cancelled


@pytest.mark.parametrize("waiting", [None, Waiting.REVIEW, Waiting.NETWORK])
async def test_while_the_certificate_is_fetched_no_pin_is_taken_that_nobody_waits_for(
    entry, waiting
):
    ask, sessions, _ = entry(BEFORE)
    with pytest.raises(WrongStateError):
        await ask.ask(renewal(State.ISSUING, waiting))
    assert sessions.wishes == []
