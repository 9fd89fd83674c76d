"""Which steps a person sees of a renewal."""

from __future__ import annotations

import contextlib
import datetime as dt
from types import SimpleNamespace

import msgspec
import pytest
from certificate_maker import make_x509
from cryptography.hazmat.primitives.serialization import Encoding
from renewal_maker import NOW, new_renewal

from agent.renewals.authorities.plain_policy import plain_policy
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.course import STEPS, Step, steps_of
from agent.renewals.journal.record import PrivatePart
from agent.renewals.journal.states import ENDED, State, Waiting
from agent.renewals.steps.context import Wait
from agent.renewals.steps.steps import advance

PLAIN = plain_policy("机关CA")
STAFF = Policy(authority="广东省电子商务认证有限公司")
EARLY = (Step.SUBMISSION, Step.SMS, Step.INSTALLATION)
SHORT = (Step.SUBMISSION, Step.INSTALLATION)


def test_staff_that_reviews_and_releases_has_all_steps():
    assert steps_of(new_renewal(policy=STAFF, needs_dossier=True)) == tuple(Step)


@pytest.mark.parametrize("needs_dossier", [True, False])
def test_an_authority_by_est_or_cmp_has_neither_dossier_nor_review_nor_code(needs_dossier):
    renewal = new_renewal(policy=PLAIN, needs_dossier=needs_dossier, state=State.SIGNING)
    assert steps_of(renewal) == SHORT


def test_before_the_expiry_nothing_is_reviewed():
    renewal = new_renewal(policy=STAFF, needs_dossier=False, state=State.APPROVED)
    assert steps_of(renewal) == EARLY


def test_an_authority_without_codes_has_no_step_for_one():
    policy = msgspec.structs.replace(STAFF, sms=False)
    renewal = new_renewal(policy=policy, needs_dossier=True, state=State.REVIEWING)
    assert Step.SMS not in steps_of(renewal)
    assert Step.REVIEW in steps_of(renewal)


def test_nothing_is_said_before_the_policy_is_known_but_where_a_secret_is_asked_for():
    assert steps_of(new_renewal()) == ()
    assert steps_of(new_renewal(waiting=Waiting.SECRET)) == SHORT


@pytest.mark.parametrize("policy", [PLAIN, STAFF])
@pytest.mark.parametrize("state", [State.REVIEWING, State.REJECTED, State.APPROVED])
def test_what_the_authority_asks_for_all_the_same_is_a_step(policy, state):
    assert STEPS[state] in steps_of(new_renewal(policy=policy, needs_dossier=False, state=state))


@pytest.mark.parametrize("state", sorted(ENDED))
def test_a_renewal_that_ended_keeps_its_steps(state):
    renewal = new_renewal(policy=STAFF, needs_dossier=False, state=state).forgotten()
    assert steps_of(renewal) == EARLY


class Enrolment:
    asks_for_secret = False

    async def policy(self):
        return STAFF

    async def time(self):
        return NOW


@pytest.mark.parametrize(("days", "steps"), [(30, EARLY), (-30, tuple(Step))])
async def test_the_draft_finds_out_which_it_is(days, steps):
    saved = []
    end = NOW + dt.timedelta(days=days)
    old = make_x509(not_before=end - dt.timedelta(days=365), not_after=end)
    private = PrivatePart(secret="", certificate=old.public_bytes(Encoding.DER))
    context = SimpleNamespace(
        enrolment=Enrolment(), signed=None, dossier=None, clock=lambda: NOW,
        save=lambda renewal: saved.append(renewal) or renewal, abandoned_after=dt.timedelta(days=30),
    )  # fmt: skip
    with contextlib.suppress(Wait):
        await advance(context, new_renewal(private=private))
    assert steps_of(saved[-1]) == steps
