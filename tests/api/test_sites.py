"""Consent over real sockets: sites ask by one socket, the user answers by the other."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from api_desk import ALLOWED, names
from asking_sites import DENIED, NO_TOKEN, OTHER, SITE, UNKNOWN, answer, ask, asked

from agent.api.views.sites import ConsentView
from agent.sites import questions


async def test_a_question_says_who_asks_for_what_in_the_users_language(desk, user):
    asking = await ask(desk, method="browser.renew", thumbprint="0" * 64)
    [question] = await asked(user)
    assert set(question) == names(ConsentView)
    assert await user.result("consent.get", {"id": question["id"]}) == question
    assert (question["origin"], question["action"]) == (SITE, "renew")
    assert question["title"] == f"{SITE} 请求为您电子钥匙中的证书办理证照更新。"
    assert question["site_is_secure"] is True
    assert question["expires"] > question["asked"]
    await answer(user, question, "once")
    assert await asking == (-32000, "certificate_not_found")


async def test_a_site_has_one_window_at_a_time(desk, user):
    """The same question is asked once for all tabs, another one when the first is answered."""
    first, second = await ask(desk), await ask(desk)
    [question] = await asked(user)
    renewing = await ask(desk, method="browser.renew", thumbprint="0" * 64)
    other = await ask(desk, OTHER)
    both = await asked(user, 2)
    assert {q["origin"] for q in both} == {SITE, OTHER}
    await answer(user, question, "once")
    assert await first == await second == NO_TOKEN
    questions_left = await asked(user, 2)
    assert {(q["origin"], q["action"]) for q in questions_left} == {
        (SITE, "renew"),
        (OTHER, "certificates"),
    }
    for question in questions_left:
        await answer(user, question, "decline")
    assert await renewing == await other == DENIED


async def test_without_a_window_and_without_anybody_there_the_page_is_told_so(desk):
    peer = await desk.browser()
    error = (await peer.ask("browser.certificates", {"origin": SITE}))["error"]["data"]
    assert error["code"] == "consent_unavailable"
    assert SITE in error["message_zh"]
    assert not desk.consent.questions.all


async def test_a_question_lasts_no_longer_than_a_page_waits(desk, user, monkeypatch):
    monkeypatch.setattr(questions, "ANSWER_SECONDS", 0.1)
    assert await (await ask(desk)) == DENIED
    await asked(user, 0)


async def test_a_question_ends_with_the_tab_that_asked(desk, user):
    await user.result("events.subscribe")
    page = await desk.browser()
    number = page.send("browser.certificates", {"origin": SITE})
    [question] = await asked(user)
    assert await page.result("browser.cancel", {"origin": SITE, "request": number}) == {}
    answered = await page.receive()
    assert answered is None or answered["error"]["data"]["code"] == "request_cancelled"
    await asked(user, 0)
    refused = await user.refusal("consent.answer", {"id": question["id"], "decision": "always"})
    assert refused == (-32000, "question_closed")
    assert not (await user.result("sites.list"))["decisions"]


async def test_no_site_takes_back_what_another_one_asks(desk, user):
    page = await desk.browser()  # the one connection of all tabs
    number = page.send("browser.certificates", {"origin": SITE})
    await asked(user)
    for origin in (OTHER, f"{SITE}:8443"):
        assert await page.result("browser.cancel", {"origin": origin, "request": number}) == {}
    assert await asked(user)
    assert await page.result("browser.cancel", {"origin": SITE, "request": number}) == {}
    await asked(user, 0)


async def test_a_question_ends_with_the_browser_and_stays_while_another_tab_waits(desk, user):
    first, second = await desk.browser(), await desk.browser()
    first.send("browser.certificates", {"origin": SITE})
    await asked(user)
    waiting = asyncio.create_task(second.refusal("browser.certificates", {"origin": SITE}))
    await asyncio.sleep(0)
    await asked(user)
    await first.close()
    [question] = await asked(user)
    await answer(user, question, "once")
    assert await waiting == NO_TOKEN


async def test_windows_are_told_what_is_asked_and_what_is_over(desk, user):
    watching = await desk.control()
    await watching.result("events.subscribe")
    asking = await ask(desk)
    told = (await watching.receive())["params"]
    assert told["event"] == "consent_asked"
    await answer(user, told["consent"], "decline")
    closed = (await watching.receive())["params"]
    assert closed == {"event": "consent_closed", "id": told["consent"]["id"]}
    assert await asking == DENIED


async def test_each_request_leaves_one_line_in_the_log(desk, user, caplog):
    caplog.set_level(logging.INFO)
    peer = await desk.browser()
    await peer.refusal("browser.renew", {"origin": ALLOWED, "thumbprint": "a" * 64})
    await peer.refusal("browser.status", {"origin": "http://evil.example\nforged line"})
    lines = [r.getMessage() for r in caplog.records if "site request" in r.getMessage()]
    assert lines == [
        f"site request origin={ALLOWED} method=renew outcome=certificate_not_found",
        "site request origin=invalid method=status outcome=origin_not_allowed",
    ]
    assert "a" * 64 not in json.dumps(lines)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("consent.get", {"id": "x"}),
        ("consent.answer", {"id": UNKNOWN, "decision": "maybe"}),
        ("sites.decide", {"origin": SITE, "decision": "once"}),
        ("sites.decide", {"origin": SITE, "actions": ["pay"]}),
        ("sites.withdraw", {"origin": ""}),
    ],
)
async def test_what_has_another_form_is_not_looked_at(desk, method, params):
    refused = await (await desk.control()).refusal(method, params)
    assert refused == (-32602, "invalid_request")
