"""What the methods answer of tokens in their drawer, over real sockets and a real token. Needs softhsm2."""

from __future__ import annotations

import pytest
from api_desk import ALLOWED, ApiDesk
from certificate_maker import ENCRYPTION, china, make_der, thumbprint_of
from soft_token import LABEL

from agent.api.views.remembered import RememberedTokenView
from agent.renewals.ground.errors import NoAuthorityError

VALIDITY = {"not_before": china("2021-07-01 00:00:00"), "not_after": china("2022-07-20 23:59:59")}
SIGNING = make_der(**VALIDITY)
ENCRYPTING = make_der(**VALIDITY, usage=ENCRYPTION)
THUMBPRINT = thumbprint_of(SIGNING)
NAMED = {"thumbprint": THUMBPRINT}


@pytest.fixture
async def drawer(token_desk, tokens):
    """A token that was seen, and pulled out."""
    tokens.write(("02", "encrypt", ENCRYPTING), ("01", "sign", SIGNING))
    await token_desk.inventory.refresh()
    tokens.pull_out()
    await token_desk.inventory.refresh()
    return token_desk


@pytest.fixture
async def user(drawer):
    return await drawer.control()


async def remembered(user) -> list[dict]:
    return (await user.result("tokens.list"))["remembered"]


async def test_a_token_in_its_drawer_is_listed_apart_with_the_day_it_was_seen(user):
    listed = await user.result("tokens.list")
    assert listed["tokens"] == []
    [token] = listed["remembered"]
    assert set(token) == set(RememberedTokenView.__struct_fields__)
    assert (token["label"], token["present"]) == (LABEL, False)
    assert token["text"] == "未插入,最后一次见于2025-03-07"
    assert [c["use"] for c in token["certificates"]] == ["signing", "encryption"]
    assert token["certificates"][0]["text"] == "已过期961天"


async def test_a_token_that_is_plugged_in_again_is_listed_once(drawer, user, tokens):
    tokens.plug_in()
    await drawer.inventory.refresh()
    listed = await user.result("tokens.list")
    assert [token["present"] for token in listed["tokens"]] == [True]
    assert listed["remembered"] == []


async def test_the_status_counts_what_is_in_drawers(user):
    status = await user.result("agent.status")
    assert (status["tokens"], status["remembered"]) == (0, 1)
    assert (status["pairs"], status["expired"], status["worst"]) == (1, 1, "expired")


async def test_a_remembered_certificate_can_be_looked_at(user):
    details = await user.result("certificates.get", NAMED)
    assert details["subject"]["O"] == "深圳市样例有限公司"


async def test_a_forgotten_token_is_gone_and_can_be_brought_back(drawer, user):
    await user.result("tokens.forget", NAMED)
    assert await remembered(user) == []
    assert (await user.result("agent.status"))["worst"] is None
    drawer.reminders.check()
    await user.result("tokens.restore", NAMED)
    assert len(await remembered(user)) == 1
    assert await user.refusal("tokens.restore", NAMED) == (-32000, "not_remembered")


async def test_a_token_that_is_plugged_in_cannot_be_forgotten(drawer, user, tokens):
    tokens.plug_in()
    await drawer.inventory.refresh()
    assert await user.refusal("tokens.forget", NAMED) == (-32000, "not_remembered")


async def test_who_no_longer_wants_to_be_reminded_finds_it_in_the_settings(user):
    await user.result("reminders.put_off", {**NAMED, "until": "never"})
    assert (await user.result("agent.status"))["worst"] is None
    [silenced] = (await user.result("reminders.silenced"))["certificates"]
    assert (silenced["thumbprint"], silenced["is_silenced"]) == (THUMBPRINT, True)
    assert (await remembered(user))[0]["certificates"][0]["is_silenced"]
    await user.result("reminders.resume", NAMED)
    assert (await user.result("reminders.silenced"))["certificates"] == []
    assert (await user.result("agent.status"))["worst"] == "expired"


async def test_a_replacement_that_is_not_certain_is_decided_on_by_a_person(drawer, user, tokens):
    second = make_der(
        not_before=china("2021-08-01 00:00:00"), not_after=china("2022-08-20 23:59:59")
    )
    new = make_der(not_before=china("2022-07-01 00:00:00"), not_after=china("2026-08-20 23:59:59"))
    for number, der in enumerate((second, new)):
        label = f"KEY-{number}"
        tokens.initialise(label)
        tokens.write(("01", "sign", der), label=label)
        await drawer.inventory.refresh()
        tokens.pull_out(label)
        await drawer.inventory.refresh()

    async def offered() -> dict[str, str | None]:
        leads = (token["certificates"][0] for token in await remembered(user))
        return {lead["thumbprint"]: lead["maybe_renewed_by"] for lead in leads}

    assert (await offered())[THUMBPRINT] == thumbprint_of(new)
    await user.result("tokens.decide", {**NAMED, "is_replaced": True})
    [lead] = [t["certificates"][0] for t in await remembered(user) if t["label"] == LABEL]
    assert lead["renewed_by"] == thumbprint_of(new)
    assert (await offered())[thumbprint_of(second)] is None
    answer = {"thumbprint": thumbprint_of(second), "is_replaced": False}
    assert await user.refusal("tokens.decide", answer) == (-32000, "not_remembered")


async def test_what_a_token_no_longer_holds_is_told(drawer, user, tokens):
    await user.result("events.subscribe")
    tokens.plug_in()
    for key_id in (b"\x01", b"\x02"):
        tokens.destroy("CERTIFICATE", key_id)
    await drawer.inventory.refresh()
    told = [await user.receive() for _ in range(3)]
    [forgotten] = [t["params"] for t in told if t["params"]["event"] == "pairs_forgotten"]
    assert forgotten["forgotten"] == [
        {"thumbprint": THUMBPRINT, "organisation": "深圳市样例有限公司", "label": LABEL}
    ]


async def test_a_portal_never_learns_of_what_is_in_drawers(drawer):
    portal = await drawer.browser()
    asked = {"origin": ALLOWED}
    assert await portal.refusal("browser.certificates", asked) == (-32000, "no_token")
    overview = await portal.result("browser.overview")
    assert overview["tokens"] == []


@pytest.mark.parametrize("thumbprint", [THUMBPRINT, "0" * 64], ids=["remembered", "unknown"])
async def test_without_consent_a_portal_cannot_tell_a_remembered_certificate_from_an_unknown_one(
    drawer, thumbprint
):
    portal = await drawer.browser()
    asked = {"origin": "https://other.example", "thumbprint": thumbprint}
    assert await portal.refusal("browser.renew", asked) == (-32000, "consent_unavailable")
    asked = {"origin": "https://www.denied.example", "thumbprint": thumbprint}
    assert await portal.refusal("browser.renew", asked) == (-32000, "consent_denied")


async def test_once_consented_to_a_portal_has_the_renewal_of_a_remembered_certificate_begin(drawer):
    portal = await drawer.browser()
    asked = {"origin": ALLOWED, "thumbprint": THUMBPRINT}
    # This desk has no authority: the certificate itself was found.
    assert (await portal.refusal("browser.renew", asked))[1] == NoAuthorityError.code


async def test_a_memory_that_was_damaged_is_a_problem_that_is_shown(runtime, tokens):
    file = runtime / "home" / "data" / "tokens.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"{")
    async with ApiDesk(runtime / "home", tokens.settings) as desk:
        await desk.inventory.refresh()
        user = await desk.control()
        for method in ("agent.status", "tokens.list"):
            codes = [problem["code"] for problem in (await user.result(method))["problems"]]
            assert codes == ["remembered_damaged"]
