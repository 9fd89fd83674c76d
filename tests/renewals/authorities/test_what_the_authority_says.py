"""Whatever state an authority tells, a renewal that asks has somewhere to go."""

from __future__ import annotations

import types

import pytest
from renewal_maker import NOW, new_renewal

from agent.ground.errors import OdcError
from agent.renewals.authorities.authority import AuthorityRefusedError, AuthorityUnreachableError
from agent.renewals.authorities.ra_protocol import ApplicationState, ApplicationStatus, ProblemCode
from agent.renewals.journal.states import State
from agent.renewals.steps.context import ApplicationClosed
from agent.renewals.steps.finality import is_final
from agent.renewals.steps.reviewing import under_status
from agent.renewals.steps.window import TooLateError

ASKING = [State.SUBMITTED, State.REVIEWING, State.APPROVED, State.ISSUING]
CLOSED = [ApplicationState.INSTALLED, ApplicationState.WITHDRAWN, ApplicationState.EXPIRED]
CONTEXT = types.SimpleNamespace(clock=lambda: NOW)


@pytest.mark.parametrize("state", ASKING)
@pytest.mark.parametrize("told", [s for s in ApplicationState if s not in CLOSED])
def test_an_open_application_leads_to_a_state_that_may_follow(state, told):
    renewal = new_renewal(state=state)
    status = ApplicationStatus(application=renewal.id, state=told, version=1)
    assert under_status(CONTEXT, renewal, status).state in (*ASKING, State.REJECTED)


@pytest.mark.parametrize("state", ASKING)
@pytest.mark.parametrize("told", CLOSED)
def test_a_closed_application_ends_the_renewal(state, told):
    renewal = new_renewal(state=state)
    status = ApplicationStatus(application=renewal.id, state=told, version=1)
    with pytest.raises(ApplicationClosed):
        under_status(CONTEXT, renewal, status)


@pytest.mark.parametrize(
    "error",
    [
        AuthorityUnreachableError(reason="no route"),
        AuthorityRefusedError(reason="<html>403 of a proxy"),
        AuthorityRefusedError(reason="not now", problem=ProblemCode.TOO_SOON),
        OdcError(reason="trust anchor gone"),
    ],
)
def test_what_may_be_mended_is_tried_again(error):
    assert not is_final(error)


@pytest.mark.parametrize(
    "error",
    [
        AuthorityRefusedError(reason="no", problem=ProblemCode.OUTSIDE_WINDOW),
        AuthorityRefusedError(reason="no", problem=ProblemCode.ALREADY_OPEN),
        TooLateError(days=400, latest=365),
    ],
)
def test_what_would_end_the_same_way_again_is_final(error):
    assert is_final(error)
