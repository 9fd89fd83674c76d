"""Consent over real sockets: sites ask by one socket, the user answers by the other."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from api_desk import ALLOWED, ApiDesk, names

from agent.api.methods import refusals
from agent.api.methods.browser_watches import MOST_OF_A_SITE
from agent.api.views.sites import ConsentView
from agent.settings.config import BrowserSettings
from agent.sites import questions
from agent.sites.allowance import Rate
from agent.sites.consent import (
    QUESTIONS_OF_ALL,
    QUESTIONS_OF_DOMAIN,
    QUESTIONS_OF_HOST,
    REQUESTS_OF_HOST,
)
from agent.sites.questions import MOST_OPEN

SITE = "https://www.example.gov.cn"
OTHER = "https://other.example.gov.cn"
UNKNOWN = "0" * 8 + "-0000-0000-0000-" + "0" * 12
DENIED = (-32000, "consent_denied")


@pytest.fixture
async def user(desk):
    """The user's own tool, there to answer: where it is, questions wait for it."""
    peer = await desk.control()
    await peer.result("consent.attend")
    return peer


async def asked(user, count=1):
    """Wait until so many questions are open and return them."""
    async with asyncio.timeout(20):
        while len(found := (await user.result("sites.pending"))["questions"]) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


async def ask(desk, origin=SITE, method="browser.certificates", **params):
    """Ask in a task of its own; what a site without a token hears after consent is no_token."""
    peer = await desk.browser()
    return asyncio.create_task(peer.refusal(method, {"origin": origin, **params}))


async def answer(user, question, decision):
    return await user.result("consent.answer", {"id": question["id"], "decision": decision})


NO_TOKEN = (-32000, "no_token")
RATE_LIMITED = (-32000, "rate_limited")


@pytest.mark.parametrize(
    ("decision", "outcome", "standing"),
    [
        ("once", NO_TOKEN, None),
        ("always", NO_TOKEN, "always"),
        ("never", DENIED, "never"),
        ("decline", DENIED, None),
    ],
)
async def test_what_the_user_decides_holds_for_as_long_as_it_says(
    desk, user, decision, outcome, standing
):
    asking = await ask(desk)
    [question] = await asked(user)
    await answer(user, question, decision)
    assert await asking == outcome
    decisions = (await user.result("sites.list"))["decisions"]
    kept = {(d["origin"], d["action"]): d["decision"] for d in decisions}
    assert kept == ({(SITE, "certificates"): standing} if standing else {})
    again = await ask(desk)
    if standing:
        assert await again == outcome
    else:
        [question] = await asked(user)
        await answer(user, question, "decline")
        assert await again == DENIED


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


async def test_actions_are_decided_on_one_by_one(desk, user):
    asking = await ask(desk)
    [question] = await asked(user)
    await answer(user, question, "always")
    assert await asking == NO_TOKEN
    renewing = await ask(desk, method="browser.renew", thumbprint="0" * 64)
    [question] = await asked(user)
    await answer(user, question, "never")
    assert await renewing == DENIED


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


async def test_who_allows_one_renewal_once_has_not_allowed_those_asked_for_along_with_it(
    desk, user
):
    asking = [await ask(desk, method="browser.renew", thumbprint=n * 64) for n in "abb"]
    [question] = await asked(user)
    await answer(user, question, "once")
    assert await asking[0] == (-32000, "certificate_not_found")
    [other] = await asked(user)
    assert other["id"] != question["id"]
    await answer(user, other, "decline")
    assert await asking[1] == await asking[2] == DENIED


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


async def test_what_was_allowed_is_withdrawn_with_all_that_hangs_on_it(desk, user):
    peer = await desk.browser()
    await user.result("sites.decide", {"origin": SITE})
    assert await peer.refusal("browser.certificates", {"origin": SITE}) == NO_TOKEN
    desk.consent.memory.let_follow(SITE, UNKNOWN)
    follow = {"origin": SITE, "id": UNKNOWN}
    assert await peer.refusal("browser.renewal", follow) == (-32000, "renewal_not_found")
    assert (await user.result("sites.withdraw", {"origin": SITE}))["decisions"] == []
    assert await peer.refusal("browser.renewal", follow) == DENIED
    refused = await user.refusal("sites.withdraw", {"origin": SITE})
    assert refused == (-32000, "site_not_known")


async def test_a_renewal_is_for_the_site_it_was_allowed_to(desk, user):
    desk.consent.memory.let_follow(SITE, UNKNOWN)
    for origin in (SITE, OTHER):
        await user.result("sites.decide", {"origin": origin})
    peer = await desk.browser()
    assert await peer.refusal("browser.renewal", {"origin": OTHER, "id": UNKNOWN}) == DENIED


@pytest.mark.parametrize("origin", ["https://www.denied.example", "https://www.denied.example:444"])
async def test_what_the_administrator_denies_nobody_is_asked_about(desk, user, origin):
    await user.result("sites.decide", {"origin": origin})
    peer = await desk.browser()
    assert await peer.refusal("browser.certificates", {"origin": origin}) == DENIED
    listed = await user.result("sites.list")
    assert listed["deny"] == ["https://*.denied.example"]
    assert ALLOWED in listed["allow"]


async def test_what_is_denied_while_the_question_is_open_stays_denied(desk, user):
    asking = await ask(desk)
    [question] = await asked(user)
    desk.rules = BrowserSettings(deny=(SITE,))
    await answer(user, question, "once")
    assert await asking == DENIED
    desk.rules = BrowserSettings(allow=(SITE,))
    assert await (await ask(desk)) == NO_TOKEN


async def test_a_site_that_keeps_asking_is_stopped_and_others_are_not(desk, user):
    for port in range(QUESTIONS_OF_HOST.burst):
        asking = await ask(desk, f"{SITE}:{8000 + port}")
        [question] = await asked(user)
        await answer(user, question, "decline")
        assert await asking == DENIED
    assert await (await ask(desk, f"{SITE}:9000")) == RATE_LIMITED
    asking = await ask(desk, OTHER)
    [question] = await asked(user)
    await answer(user, question, "once")
    assert await asking == NO_TOKEN


async def decline_all(desk, user, origins):
    """Have these ask one after the other; return how many questions there were."""
    put = 0
    for origin in origins:
        asking = await ask(desk, origin)
        async with asyncio.timeout(20):
            while not (found := desk.consent.questions.all) and not asking.done():  # noqa: ASYNC110
                await asyncio.sleep(0)
        if found:
            await answer(user, {"id": found[0].id}, "decline")
        put += await asking == DENIED
    return put


async def test_a_domain_that_asks_by_ever_new_hosts_is_stopped_and_others_are_not(desk, user):
    hosts = [f"https://{n}.evil.cn" for n in range(QUESTIONS_OF_DOMAIN.burst + 3)]
    assert await decline_all(desk, user, hosts) == QUESTIONS_OF_DOMAIN.burst
    assert await decline_all(desk, user, [SITE]) == 1


async def test_all_sites_together_do_not_ask_more_than_a_person_can_read(desk, user):
    hosts = [f"https://evil{n}.cn" for n in range(QUESTIONS_OF_ALL.burst + 3)]
    assert await decline_all(desk, user, hosts) == QUESTIONS_OF_ALL.burst


async def test_never_is_said_once_for_all_ports_of_a_host(desk, user):
    asking = await ask(desk, f"{SITE}:8443")
    [question] = await asked(user)
    await answer(user, question, "never")
    assert await asking == DENIED
    for port in ("", ":444", ":65535"):
        assert await (await ask(desk, f"{SITE}{port}")) == DENIED
    assert await (await ask(desk, f"{SITE}:8443")) == DENIED


async def test_an_answer_to_one_port_is_none_to_another_and_their_windows_do_not_meet(desk, user):
    first, second = await ask(desk, f"{SITE}:1"), await ask(desk, f"{SITE}:2")
    [question] = await asked(user)
    await answer(user, question, "once")
    assert {question["origin"]} < {f"{SITE}:1", f"{SITE}:2"}
    [other] = await asked(user)
    assert {question["origin"], other["origin"]} == {f"{SITE}:1", f"{SITE}:2"}
    await answer(user, other, "decline")
    assert {await first, await second} == {NO_TOKEN, DENIED}


async def flood(peer, origins):
    """Send requests as fast as they are answered; return how many of them were."""
    answers = [await peer.ask("browser.status", {"origin": origin}) for origin in origins]
    codes = [answer.get("error", {}).get("data", {}).get("code") for answer in answers]
    assert set(codes) <= {None, "rate_limited"}
    return codes.count(None)


async def test_a_flood_of_requests_is_refused_whatever_port_it_comes_from(desk):
    peer = await desk.browser()
    sent = REQUESTS_OF_HOST.burst * 2
    assert await flood(peer, [f"{SITE}:{1 + n}" for n in range(sent)]) < sent
    assert await peer.result("browser.status", {"origin": OTHER})


async def test_a_flood_of_requests_is_refused_however_many_domains_take_part(desk, monkeypatch):
    monkeypatch.setattr(desk.consent._requests, "_everybody", Rate(100, 1).allowance(lambda: 0.0))
    peer = await desk.browser()
    assert await flood(peer, [f"https://evil{n}.cn" for n in range(200)]) == 100


async def test_sites_that_let_questions_wait_do_not_use_up_the_browsers_connection(desk, user):
    page = await desk.browser()  # the one connection of all tabs
    waiting = {}
    for n in range(MOST_OPEN):
        params = {"origin": f"https://example{n}.cn"}
        for _ in range(MOST_OF_A_SITE):
            waiting[page.send("browser.certificates", params)] = params["origin"]
    await asked(user, MOST_OPEN)
    too_much = {"origin": "https://example0.cn"}
    assert await page.refusal("browser.certificates", too_much) == RATE_LIMITED
    assert await page.refusal("browser.certificates", {"origin": ALLOWED}) == NO_TOKEN
    assert await page.result("browser.overview")
    for number, origin in waiting.items():
        page.send("browser.cancel", {"origin": origin, "request": number})
    await asked(user, 0)
    page.send("browser.certificates", too_much)
    await asked(user, 1)


async def test_no_crowd_of_sites_fills_the_screen(desk, user):
    crowd = [await ask(desk, f"https://example{n}.cn") for n in range(MOST_OPEN)]
    await asked(user, MOST_OPEN)
    assert await (await ask(desk)) == (-32000, "rate_limited")
    for question in await asked(user, MOST_OPEN):
        await answer(user, question, "decline")
    assert {await asking for asking in crowd} == {DENIED}


async def test_decisions_outlive_the_agent(desk, user, runtime):
    await user.result("sites.decide", {"origin": SITE, "actions": ["certificates"]})
    await desk.server.close()
    async with ApiDesk(runtime / "home") as again:
        peer = await again.browser()
        assert await peer.refusal("browser.certificates", {"origin": SITE}) == NO_TOKEN


async def test_refusals_are_logged_once_and_then_counted(desk, caplog, monkeypatch):
    monkeypatch.setattr(refusals, "SECONDS", 1.0)
    caplog.set_level(logging.INFO)
    page = await desk.browser()
    asked = [SITE] * 200 + [f"https://evil.example.cn:{n}" for n in range(1, 101)]
    for n, origin in enumerate(asked):
        page.send("browser.renewal", {"origin": origin, "id": UNKNOWN})
        if n % 10 == 9:
            for _ in range(10):
                assert "error" in await page.receive()

    def lines():
        return [r.getMessage() for r in caplog.records if r.getMessage().startswith("site request")]

    async with asyncio.timeout(20):
        while not any(f"refused origin={SITE}" in line for line in lines()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert len(lines()) < 3 * refusals.MOST_SITES
    counts = [int(line.rpartition("more=")[2]) for line in lines() if "more=" in line]
    assert sum(counts) + sum("outcome=" in line for line in lines()) == len(asked)


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


@pytest.mark.parametrize("origin", ["http://www.gov.cn", "null", "*", "https://*.gov.cn"])
async def test_only_an_origin_can_be_decided_on(desk, origin):
    refused = await (await desk.control()).refusal("sites.decide", {"origin": origin})
    assert refused == (-32000, "origin_not_allowed")


async def test_the_extensions_own_pages_see_what_is_there_and_can_only_take_back(desk, user):
    peer = await desk.browser()
    overview = await peer.result("browser.overview")
    assert set(overview) == {"agent", "tokens", "problems"}
    assert overview["tokens"] == []
    await user.result("sites.decide", {"origin": SITE})
    assert len((await peer.result("browser.sites"))["decisions"]) == 2
    assert (await peer.result("browser.withdraw", {"origin": SITE}))["decisions"] == []
    window = {"name": "renew", "thumbprint": "a" * 64}
    assert await peer.refusal("browser.open_window", window) == (-32000, "no_window")
    shell = {"name": "consent", "thumbprint": "a" * 64}
    assert await peer.refusal("browser.open_window", shell) == (-32602, "invalid_request")
