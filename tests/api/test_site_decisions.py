"""What a person, or the administrator, decides on a site, and for how long and for whom it holds."""

from __future__ import annotations

import pytest
from api_desk import ALLOWED, ApiDesk
from asking_sites import DENIED, NO_TOKEN, OTHER, SITE, UNKNOWN, answer, ask, asked

from agent.settings.config import BrowserSettings


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


async def test_actions_are_decided_on_one_by_one(desk, user):
    asking = await ask(desk)
    [question] = await asked(user)
    await answer(user, question, "always")
    assert await asking == NO_TOKEN
    renewing = await ask(desk, method="browser.renew", thumbprint="0" * 64)
    [question] = await asked(user)
    await answer(user, question, "never")
    assert await renewing == DENIED


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


async def test_decisions_outlive_the_agent(desk, user, runtime):
    await user.result("sites.decide", {"origin": SITE, "actions": ["certificates"]})
    await desk.server.close()
    async with ApiDesk(runtime / "home") as again:
        peer = await again.browser()
        assert await peer.refusal("browser.certificates", {"origin": SITE}) == NO_TOKEN


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
