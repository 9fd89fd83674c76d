"""What an administrator says of sites, action by action, and what was said before there were so many."""

from __future__ import annotations

import asyncio

import pytest
from certificate_maker import china

from agent.ground.bus import EventBus
from agent.settings.config import BrowserSettings
from agent.sites.consent import Consent
from agent.sites.errors import ConsentDeniedError, NotForGoodError
from agent.sites.memory import SiteMemory
from agent.sites.model import ALWAYS_ASKED, READING, WITH_PIN, Action, Decision

NOW = china("2025-03-07 10:00:00")
SITE = "https://www.sz.gov.cn"


def consent(tmp_path, rules=BrowserSettings(), open_window=lambda *_: None):  # noqa: B008 - frozen
    return Consent(
        rules=lambda: rules,
        memory=SiteMemory(tmp_path / "sites.json"),
        bus=EventBus(),
        clock=lambda: NOW,
        open_window=open_window,
    )


def standings(asked, origin=SITE):
    return {action: asked.standing(origin, action) for action in Action}


def test_every_action_either_looks_or_wants_a_pin():
    assert set(Action) == READING | WITH_PIN
    assert not READING & WITH_PIN
    assert ALWAYS_ASKED < WITH_PIN


def test_a_list_from_before_allows_to_look_and_to_renew_and_nothing_else(tmp_path):
    asked = consent(tmp_path, BrowserSettings(allow=("https://*",)))
    assert standings(asked) == {
        action: Decision.ALWAYS if action in READING else None for action in Action
    }


def test_a_ban_is_for_everything(tmp_path):
    allowed = {f"allow_{action}": ("https://*",) for action in WITH_PIN}
    asked = consent(tmp_path, BrowserSettings(deny=(SITE,), allow=("https://*",), **allowed))
    assert set(standings(asked, f"{SITE}:8443").values()) == {Decision.NEVER}


@pytest.mark.parametrize("action", sorted(WITH_PIN))
def test_each_use_of_a_token_is_allowed_and_forbidden_by_itself(tmp_path, action):
    for verb, decision in (("allow", Decision.ALWAYS), ("deny", Decision.NEVER)):
        asked = consent(tmp_path, BrowserSettings(**{f"{verb}_{action}": (SITE,)}))
        assert standings(asked) == {a: decision if a is action else None for a in Action}


@pytest.mark.parametrize("name", [n for n in BrowserSettings.__struct_fields__ if n != "register"])
def test_what_no_site_is_like_is_refused_in_every_list(name):
    with pytest.raises(ValueError, match="is no site"):
        BrowserSettings(**{name: ("https://www.gov.cn/login",)})


@pytest.mark.parametrize("action", sorted(ALWAYS_ASKED))
def test_nobody_allows_for_good_what_binds(tmp_path, action):
    asked = consent(tmp_path)
    with pytest.raises(NotForGoodError):
        asked.decide(SITE, action, Decision.ALWAYS)
    asked.decide(SITE, action, Decision.NEVER)
    assert asked.is_denied(SITE, action)


@pytest.mark.parametrize("action", sorted(ALWAYS_ASKED))
async def test_an_answer_cannot_allow_it_for_good_either(tmp_path, action):
    asked = consent(tmp_path)
    question = asked.questions.put(SITE, action, "one")
    with pytest.raises(NotForGoodError):
        asked.answer(question.id, Decision.ALWAYS)
    assert asked.questions.all == (question,)


async def test_a_use_of_a_token_is_asked_whatever_was_allowed_before(tmp_path):
    later = asyncio.get_running_loop().call_soon
    asked = consent(
        tmp_path,
        BrowserSettings(allow_login=(SITE,)),
        lambda _name, question: later(asked.answer, question, Decision.DECLINE),
    )
    with pytest.raises(ConsentDeniedError):
        await asked.confirm(SITE, Action.LOGIN, "one")


async def test_nobody_is_asked_about_a_use_that_is_forbidden(tmp_path):
    asked = consent(tmp_path, BrowserSettings(deny_login=(SITE,)), pytest.fail)
    with pytest.raises(ConsentDeniedError):
        await asked.confirm(SITE, Action.LOGIN, "one")
