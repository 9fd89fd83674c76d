"""The life of a renewal, as a table."""

from __future__ import annotations

import pytest
from renewal_maker import NOW, SECOND, new_renewal

from agent.ground.errors import OdcError
from agent.ground.language import Language
from agent.renewals.journal.states import (
    ENDED,
    State,
    TransitionError,
    Waiting,
    check_transition,
    may_follow,
)
from agent.renewals.wording import state_text

OPEN = [state for state in State if state not in ENDED]
AT_THE_AUTHORITY = [
    State.SUBMITTED,
    State.REVIEWING,
    State.REJECTED,
    State.APPROVED,
    State.ISSUING,
]
FORWARD = {
    (State.DRAFTING, State.SIGNING),
    (State.SIGNING, State.SUBMITTED),
    # What the authority decides, and may take back, is found whenever it is asked.
    *((a, b) for a in AT_THE_AUTHORITY for b in AT_THE_AUTHORITY if a not in (b, State.REJECTED)),
    (State.REJECTED, State.SIGNING),
    # The authority has come to want another form than what was signed.
    (State.SUBMITTED, State.SIGNING),
    (State.ISSUING, State.INSTALLING),
    (State.INSTALLING, State.INSTALLED),
}


@pytest.mark.parametrize("old", sorted(ENDED))
@pytest.mark.parametrize("new", State)
def test_an_ended_state_leads_nowhere(old, new):
    assert not may_follow(old, new)


@pytest.mark.parametrize("old", OPEN)
@pytest.mark.parametrize("new", [State.CANCELLED, State.FAILED])
def test_every_open_renewal_may_be_cancelled_or_fail(old, new):
    assert may_follow(old, new)


@pytest.mark.parametrize("old", OPEN)
@pytest.mark.parametrize(
    "new", [state for state in State if state not in ENDED - {State.INSTALLED}]
)
def test_no_state_is_skipped_and_none_follows_itself(old, new):
    assert may_follow(old, new) is ((old, new) in FORWARD)


def test_every_open_state_leads_to_an_installed_certificate():
    reached = {State.INSTALLED}
    while new := {old for old, after in FORWARD if after in reached} - reached:
        reached |= new
    assert reached == {*OPEN, State.INSTALLED}


def test_a_transition_that_may_not_be_is_a_mistake_with_both_names():
    with pytest.raises(TransitionError, match="drafting -> installed"):
        check_transition(State.DRAFTING, State.INSTALLED)


def test_a_renewal_that_moves_forgets_what_it_waited_for():
    renewal = new_renewal(
        state=State.REVIEWING, waiting=Waiting.NETWORK, error=OdcError(reason="x").report()
    )
    moved = renewal.moved(State.APPROVED, NOW + SECOND)
    assert (moved.state, moved.waiting, moved.error) == (State.APPROVED, None, None)
    assert moved.updated == NOW + SECOND
    assert moved.created == NOW
    with pytest.raises(TransitionError):
        moved.moved(State.INSTALLED, NOW)


@pytest.mark.parametrize("state", State)
def test_only_an_installed_cancelled_or_failed_renewal_has_ended(state):
    ended = {State.INSTALLED, State.CANCELLED, State.FAILED}
    assert new_renewal(state=state).has_ended is (state in ended)


def test_nothing_private_shows_in_a_traceback():
    shown = repr(new_renewal())
    for secret in ("440300199001010002", "欧阳经办", "a-secret", "manifest"):
        assert secret not in shown


def test_an_ended_renewal_forgets_all_that_was_private():
    private = new_renewal(state=State.INSTALLED).forgotten().private
    # In what a key travelled says nothing of anybody.
    kept = set(private.__struct_fields__) - {"envelope_kind"}
    assert not any(getattr(private, name) for name in kept)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("waiting", [None, *Waiting])
def test_every_state_and_wait_is_said_in_both_languages(state, waiting):
    chinese = state_text(state, waiting, Language.ZH)
    english = state_text(state, waiting, Language.EN)
    asks_again = state is State.ISSUING and waiting in {Waiting.PIN, Waiting.TOKEN}
    assert chinese.isascii() is False
    assert english.replace("“”", "").isascii()
    assert (":" in english) is (waiting is not None and state not in ENDED and not asks_again)
