"""Sites that ask too much: each host, each domain and all together are held back, and others are not."""

from __future__ import annotations

import asyncio
import logging

from api_desk import ALLOWED
from asking_sites import DENIED, NO_TOKEN, OTHER, RATE_LIMITED, SITE, UNKNOWN, answer, ask, asked

from agent.api.methods import refusals
from agent.api.methods.browser_watches import MOST_OF_A_SITE
from agent.sites.allowance import Rate
from agent.sites.consent import (
    QUESTIONS_OF_ALL,
    QUESTIONS_OF_DOMAIN,
    QUESTIONS_OF_HOST,
    REQUESTS_OF_HOST,
)
from agent.sites.questions import MOST_OPEN


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
