"""The SMS code: one is sent where none has been, another only when somebody asks for it."""

from __future__ import annotations

import pytest

from agent.api.client import CallError
from agent.cli.ground.choosing import TokenNeededError, certificate_due, signing_certificate
from agent.cli.renewing import conversation
from agent.cli.renewing.conversation import Conversation
from agent.renewals.authorities.authority import (
    AuthorityUnreachableError,
    SmsCodeUsedUpError,
    SmsCodeWrongError,
    SmsNoMoreError,
    SmsTooSoonError,
)

RENEWAL = {
    "id": "3f2a", "state": "approved", "waiting": "SMS_CODE", "text": "waits", "error_text": "",
    "advice_text": "", "remarks": [], "phone_hint": "138****0000", "code_sent": None,
}  # fmt: skip
SENT = {**RENEWAL, "code_sent": "2025-03-07T01:30:00Z"}
INSTALLED = {**RENEWAL, "state": "installed", "waiting": None}


class Agent:
    """Answers calls in the agent's stead, and counts them."""

    def __init__(self, renewal, *, sends=(), verifies=()):
        self.renewal, self.calls = renewal, []
        self._sends, self._verifies = list(sends), list(verifies)

    def call(self, method, _params=None):
        self.calls.append(method)
        outcomes = self._sends if method == "renewals.send_sms" else self._verifies
        outcome = outcomes.pop(0) if outcomes else None
        if outcome is not None:
            report = outcome.report()
            raise CallError(
                {
                    "code": outcome.code, "message": report.message, "message_zh": report.message_zh,
                    "advice": report.advice, "advice_zh": report.advice_zh, "details": {},
                }
            )  # fmt: skip
        return SENT if method == "renewals.send_sms" else INSTALLED

    @property
    def sent(self):
        return self.calls.count("renewals.send_sms")


class Person:
    """Types a code whenever one is asked for."""

    is_person = True
    accepts_final_try = False
    can_amend = True

    def __init__(self, *, stays=True):
        self._stays, self.asked = stays, 0

    def can_try_again(self, _waiting):
        return self._stays

    def sms_code(self):
        self.asked += 1
        assert self.asked < 9, "asked for ever"
        return "123456"


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ODC_LANGUAGE", "en")


def converse(agent, person=None, **options):
    talk = Conversation(agent, person or Person(), agent.renewal)
    return talk.run(**options)


def test_the_first_time_a_code_is_sent(capsys):
    agent = Agent(RENEWAL)
    assert converse(agent) == 0
    assert agent.calls == ["renewals.send_sms", "renewals.verify_sms"]
    assert "An SMS code was sent to 138****0000." in capsys.readouterr().err


def test_taken_up_again_the_code_that_was_sent_is_asked_for(capsys):
    agent = Agent(SENT)
    assert converse(agent) == 0
    assert agent.sent == 0
    said = capsys.readouterr().err
    assert "An SMS code was sent to 138****0000 on 2025-03-07 09:30." in said
    assert "odc-agent renewal sms --send" in said


def test_a_mistyped_code_sends_no_other():
    agent = Agent(RENEWAL, verifies=[SmsCodeWrongError(attempts_left=4)] * 3)
    assert converse(agent) == 0
    assert agent.sent == 1


@pytest.mark.parametrize("error", [SmsNoMoreError(), SmsTooSoonError(seconds=30)])
def test_where_no_more_is_sent_it_is_said_and_the_last_one_asked_for(error, capsys):
    agent, person = Agent(RENEWAL, sends=[error]), Person()
    assert converse(agent, person) == 0
    assert (agent.sent, person.asked) == (1, 1)
    said = capsys.readouterr().err
    assert str(error) in said


def test_an_authority_that_cannot_be_reached_is_not_asked_again_and_again():
    agent = Agent(RENEWAL, sends=[AuthorityUnreachableError(reason="cut")] * 9)
    assert converse(agent) == 0
    assert agent.sent == 1


@pytest.mark.parametrize(("answer", "sent"), [(True, 1), (False, 0)])
def test_instead_of_one_that_is_used_up_another_is_sent_if_somebody_says_so(
    monkeypatch, answer, sent
):
    monkeypatch.setattr(conversation, "confirmed", lambda _question: answer)
    agent = Agent(SENT, verifies=[SmsCodeUsedUpError()])
    monkeypatch.setattr(
        Conversation, "_await_change", lambda talk: setattr(talk, "renewal", INSTALLED)
    )
    assert converse(agent) == 0
    assert agent.sent == sent


def test_a_script_with_a_code_that_is_used_up_sends_none():
    agent = Agent(SENT, verifies=[SmsCodeUsedUpError()])
    with pytest.raises(CallError):
        converse(agent, Person(stays=False))
    assert agent.sent == 0


class NoToken:
    """An agent that sees no token."""

    def __init__(self, renewals):
        self._renewals = renewals

    def call(self, method, _params=None):
        return (
            {"tokens": [], "remembered": []}
            if method == "tokens.list"
            else {"renewals": self._renewals}
        )


@pytest.mark.parametrize("choose", [certificate_due, signing_certificate])
def test_without_a_token_one_is_told_to_plug_it_in(choose):
    with pytest.raises(TokenNeededError) as needed:
        choose(NoToken([{**INSTALLED, "thumbprint": "00"}]))
    assert "Plug the token in" in needed.value.advice


def test_a_renewal_under_way_is_taken_up_without_its_token():
    assert certificate_due(NoToken([{**RENEWAL, "thumbprint": "3f", "organisation": "O"}])) == "3f"
