"""What is told of a renewal, each thing once."""

from __future__ import annotations

from renewal_maker import new_renewal

from agent.renewals.journal.states import State, Waiting
from agent.renewals.progress import Phase, news_of, phase_of


def told(*steps):
    """Return what is told of a renewal that goes through ``steps``."""
    before, news = None, []
    for state, waiting in steps:
        renewal = new_renewal(state=state, waiting=waiting)
        news.append(news_of(before, renewal))
        before = phase_of(renewal)
    return [phase for phase in news if phase is not None]


def test_each_result_of_the_reviews_is_told_once_and_the_end():
    assert told(
        (State.DRAFTING, Waiting.APPLICANT),
        (State.SIGNING, Waiting.PIN),
        (State.SUBMITTED, None),
        (State.REVIEWING, Waiting.REVIEW),
        (State.REJECTED, Waiting.APPLICANT),
        (State.REJECTED, Waiting.APPLICANT),
        (State.SIGNING, Waiting.PIN),
        (State.REVIEWING, Waiting.REVIEW),
        (State.APPROVED, Waiting.SMS_CODE),
        (State.APPROVED, Waiting.NETWORK),
        (State.ISSUING, None),
        (State.INSTALLED, None),
    ) == [Phase.REJECTED, Phase.APPROVED, Phase.INSTALLED]


def test_a_second_rejection_is_told_again():
    rejected = (State.REJECTED, Waiting.APPLICANT)
    assert told(rejected, (State.SIGNING, Waiting.PIN), rejected) == [Phase.REJECTED] * 2


def test_a_pin_that_is_waited_for_after_the_review_is_told():
    assert told((State.ISSUING, None), (State.INSTALLING, Waiting.PIN)) == [Phase.APPROVED]


def test_each_pin_for_another_question_is_told_once():
    asks = (State.ISSUING, Waiting.PIN)
    away = (State.ISSUING, Waiting.REVIEW)
    assert told(away, asks, asks, away, asks) == [Phase.ASK] * 2


def test_what_ends_without_a_certificate_is_told_but_not_what_a_person_cancelled():
    assert told((State.FAILED, None)) == [Phase.FAILED]
    assert told((State.CANCELLED, None)) == []
