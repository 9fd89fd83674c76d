"""What the methods answer, over real sockets and a real token. Needs softhsm2."""

from __future__ import annotations

import uuid

import msgspec
import pytest
from api_desk import ALLOWED, names
from certificate_maker import (
    ENCRYPTION,
    USCC,
    china,
    make_der,
    make_sm2_der,
    thumbprint_of,
    utf8_string,
)
from der_maker import USUAL_EXTENSIONS, make
from soft_token import LABEL

from agent import __version__
from agent.api.methods.reminders import PutOffParams
from agent.api.views.browser import BrowserCertificate
from agent.tokens import inventory

VALIDITY = {"not_before": china("2021-07-01 00:00:00"), "not_after": china("2022-07-20 23:59:59")}
SIGNING = make_der(**VALIDITY, extensions={"1.2.156.10260.4.1.4": utf8_string(USCC)})
ENCRYPTING = make_der(**VALIDITY, usage=ENCRYPTION)
INVALID_PARAMS = (-32602, "invalid_request")
ORIGIN = {"origin": ALLOWED}


@pytest.fixture
async def pair_desk(token_desk, tokens):
    """A token with a pair, a CA certificate and garbage on it, read once."""
    tokens.write(
        ("03", "ca", make_der(is_ca=True, usage=frozenset({"key_cert_sign"}))),
        ("02", "encrypt", ENCRYPTING),
        ("01", "sign", SIGNING),
        ("04", "junk", b"garbage"),
    )
    await token_desk.inventory.refresh()
    return token_desk


async def test_status_without_a_token(desk):
    status = await (await desk.control()).result("agent.status")
    assert status["version"] == __version__
    assert (status["tokens"], status["certificates"], status["worst"]) == (0, 0, None)
    assert status["started"] == "2025-03-07T02:00:00Z"


async def test_status_sums_up_what_is_plugged_in(pair_desk):
    status = await (await pair_desk.control()).result("agent.status")
    assert (status["tokens"], status["certificates"]) == (1, 3)
    assert (status["pairs"], status["expired"]) == (1, 1), "a pair is one thing"
    assert (status["worst"], status["worst_text"]) == ("expired", "已过期961天")
    [problem] = status["problems"]
    assert problem["code"] == "certificate_unreadable"


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "expired 961 days ago"), ("zh_CN", "已过期961天"), (None, "已过期961天")],
)
async def test_each_client_is_answered_in_the_language_it_reads(pair_desk, language, text):
    peer = await pair_desk.connect()
    await peer.result("hello", {"protocol": 1, "client": "test 1", "language": language})
    status = await peer.result("agent.status")
    assert status["worst_text"].casefold() == text


async def test_tokens_are_listed_with_signing_before_encryption(pair_desk):
    listed = await (await pair_desk.control()).result("tokens.list")
    [token] = listed["tokens"]
    assert (token["label"], token["pin_state"]) == (LABEL, "ok")
    assert [c["use"] for c in token["certificates"]] == ["signing", "encryption", "other"]
    signing = token["certificates"][0]
    assert signing["thumbprint"] == thumbprint_of(SIGNING)
    assert (signing["uscc"], signing["days_left"]) == (USCC, -961)
    assert (signing["status"], signing["text"]) == ("expired", "已过期961天")
    assert (signing["not_after"], signing["has_private_key"]) == ("2022-07-20T15:59:59Z", None)
    assert [problem["code"] for problem in listed["problems"]] == ["certificate_unreadable"]


async def test_a_list_is_read_anew_only_when_asked(token_desk, tokens, monkeypatch):
    # Nobody reads on this desk, and the first reading is waited for this long.
    monkeypatch.setattr(inventory, "LIST_SECONDS", 0.1)
    peer = await token_desk.control()
    assert (await peer.result("tokens.list"))["tokens"] == []
    assert len((await peer.result("tokens.list", {"refresh": True}))["tokens"]) == 1
    assert len((await peer.result("tokens.list"))["tokens"]) == 1


async def test_subscribers_are_told_what_comes_and_goes(token_desk, tokens):
    tokens.write(("01", "sign", SIGNING))
    peer = await token_desk.control()
    await peer.result("events.subscribe")
    await token_desk.inventory.refresh()
    events = [(await peer.receive())["params"] for _ in range(4)]
    assert [event["event"] for event in events[:2]] == ["token_inserted", "certificate_seen"]
    assert {event["event"] for event in events[2:]} == {"reminder", "tokens_changed"}
    by_name = {event["event"]: event for event in events}
    assert by_name["token_inserted"]["token"]["label"] == LABEL
    assert by_name["certificate_seen"]["certificate"]["thumbprint"] == thumbprint_of(SIGNING)
    assert "已过期961天" in by_name["reminder"]["text"]
    tokens.pull_out()
    await token_desk.inventory.refresh()
    removed = (await peer.receive())["params"]
    assert (removed["event"], removed["label"]) == ("token_removed", LABEL)


async def test_who_has_not_subscribed_is_told_nothing(token_desk):
    peer = await token_desk.control()
    await token_desk.inventory.refresh()
    peer.send("test.echo", number="next")
    assert (await peer.receive())["id"] == "next"


async def test_a_client_that_comes_late_may_ask_for_the_reminders(pair_desk):
    listed = await (await pair_desk.control()).result("reminders.list")
    assert [r["thumbprint"] for r in listed["reminders"]] == [thumbprint_of(SIGNING)]


async def test_quitting_is_answered_first(desk):
    peer = await desk.control()
    assert await peer.result("agent.quit") == {}
    assert desk.quit.is_set()


async def test_a_restart_is_answered_first(desk):
    peer = await desk.control()
    assert await peer.result("agent.restart") == {}
    assert desk.restart.is_set()
    assert not desk.quit.is_set()


UNKNOWN = str(uuid.uuid4())


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("renewals.get", {"id": UNKNOWN}, "renewal_not_found"),
        ("renewals.pin", {"id": UNKNOWN}, "renewal_not_found"),
        ("renewals.cancel", {"id": UNKNOWN}, "renewal_not_found"),
        ("renewals.send_sms", {"id": UNKNOWN}, "renewal_not_found"),
        ("renewals.verify_sms", {"id": UNKNOWN, "code": "123456"}, "renewal_not_found"),
        (
            "renewals.give_secret",
            {"id": UNKNOWN, "reference": "r", "secret": "s"},
            "renewal_not_found",
        ),
        ("renewals.start", {"thumbprint": "0" * 64}, "certificate_not_found"),
        ("renewals.start", {"thumbprint": thumbprint_of(ENCRYPTING)}, "not_renewable"),
        ("renewals.start", {"thumbprint": thumbprint_of(SIGNING)}, "no_authority"),
        ("renewals.amend", {"id": UNKNOWN}, "renewal_not_found"),
        ("licences.update", {"thumbprint": "0" * 64}, "certificate_not_found"),
        ("licences.update", {"thumbprint": thumbprint_of(ENCRYPTING)}, "not_renewable"),
        ("licences.update", {"thumbprint": thumbprint_of(SIGNING)}, "no_authority"),
        ("windows.open", {"name": "renew"}, "no_window"),
    ],
)
async def test_what_cannot_be_done_has_its_code(pair_desk, method, params, code):
    peer = await pair_desk.control()
    assert await peer.refusal(method, params) == (-32000, code)
    assert (await peer.result("renewals.list"))["renewals"] == []


@pytest.mark.parametrize("method", ["renewals.start", "licences.update"])
async def test_an_sm2_key_seen_through_pkcs11_is_renewed_by_its_skf_driver(
    token_desk, tokens, tmp_path, method
):
    sm2 = make_sm2_der(tmp_path)
    tokens.write(("01", "sign", sm2))
    peer = await token_desk.control()
    [token] = (await peer.result("tokens.list", {"refresh": True}))["tokens"]
    assert [c["algorithm"] for c in token["certificates"]] == ["SM2"]
    refused = await peer.refusal(method, {"thumbprint": thumbprint_of(sm2)})
    assert refused == (-32000, "skf_driver_needed")
    assert (await peer.result("renewals.list"))["renewals"] == []


async def test_a_damaged_certificate_is_told_of_and_not_renewed(token_desk, tokens):
    damaged = make(extensions=USUAL_EXTENSIONS * 2)
    tokens.write(("01", "sign", damaged))
    peer = await token_desk.control()
    [token] = (await peer.result("tokens.list", {"refresh": True}))["tokens"]
    [certificate] = token["certificates"]
    assert (certificate["is_current"], certificate["pair"]) == (True, 1)
    assert set(certificate["oddities"]) == {"duplicate_extension", "refused"}
    assert certificate["damage_text"].startswith("证书有损坏: ")
    params = {"thumbprint": thumbprint_of(damaged)}
    assert await peer.refusal("renewals.start", params) == (-32000, "certificate_damaged")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("renewals.start", {"thumbprint": "0" * 63}),
        ("renewals.start", {"thumbprint": "Z" * 64}),
        ("renewals.get", {"id": "../../etc/passwd"}),
        ("renewals.verify_sms", {"id": UNKNOWN, "code": "abc"}),
        ("renewals.verify_sms", {"id": UNKNOWN, "code": "123"}),
        ("renewals.give_secret", {"id": UNKNOWN, "reference": "", "secret": "s"}),
        ("renewals.give_secret", {"id": UNKNOWN, "reference": "r", "secret": "s" * 201}),
        ("renewals.amend", {"id": UNKNOWN, "applicant": {"shoe_size": "43"}}),
        ("licences.update", {"thumbprint": "3f2a"}),
        ("windows.open", {"name": "shell"}),
        ("tokens.list", {"refresh": "yes"}),
    ],
)
async def test_what_has_another_form_is_not_looked_at(desk, method, params):
    assert await (await desk.control()).refusal(method, params) == INVALID_PARAMS


@pytest.mark.parametrize("thumbprint", ["0" * 63, "Z" * 64, "0" * 64 + "\n"])
def test_a_thumbprint_is_its_digits_and_nothing_after_them(thumbprint):
    with pytest.raises(msgspec.ValidationError, match="thumbprint"):
        msgspec.convert({"thumbprint": thumbprint, "until": "day"}, PutOffParams)


@pytest.mark.parametrize("content", [None, b"x" * (32 * 1024 * 1024 + 1)], ids=["gone", "huge"])
async def test_a_scan_that_cannot_be_read_is_named_without_its_folder(desk, tmp_path, content):
    file = tmp_path / "front.png"
    if content is not None:
        file.write_bytes(content)
    answer = await (await desk.control()).ask(
        "renewals.submit_dossier",
        {
            "id": UNKNOWN,
            "applicant": {"id_number": "1", "name": "样例", "address": "深圳"},
            "documents": {"id_card_front": str(file)},
        },
    )
    error = answer["error"]["data"]
    assert error["code"] == "file_unreadable"
    assert "front.png" in error["message"]
    assert str(tmp_path) not in str(answer)


async def test_a_page_may_learn_that_the_agent_is_there_and_no_more(pair_desk):
    peer = await pair_desk.browser()
    stranger = {"origin": "https://example.com"}
    assert await peer.result("browser.status", stranger) == {"agent": __version__}
    for method, params in (
        ("browser.certificates", {}),
        ("browser.renew", {"thumbprint": thumbprint_of(SIGNING)}),
        ("browser.renewal", {"id": UNKNOWN}),
    ):
        code = await peer.refusal(method, {**stranger, **params})
        known = "consent_denied" if method == "browser.renewal" else "consent_unavailable"
        assert code == (-32000, known)


async def test_without_consent_a_page_cannot_tell_whether_a_token_is_there(desk, runtime):
    peer = await desk.browser()
    code = await peer.refusal("browser.certificates", {"origin": "https://example.com"})
    assert code == (-32000, "consent_unavailable")
    assert await peer.refusal("browser.certificates", ORIGIN) == (-32000, "no_token")


async def test_a_portal_sees_the_pair_and_not_how_it_lies_on_the_token(pair_desk):
    listed = await (await pair_desk.browser()).result("browser.certificates", ORIGIN)
    assert [c["use"] for c in listed["certificates"]] == ["signing", "encryption"]
    assert set(listed["certificates"][0]) == names(BrowserCertificate)
    assert not {"subject", "has_private_key", "algorithm"} & names(BrowserCertificate)
    assert LABEL not in str(listed)


@pytest.mark.parametrize("use", ["signing", "encryption"])
async def test_a_portal_may_ask_for_one_use(pair_desk, use):
    peer = await pair_desk.browser()
    listed = await peer.result("browser.certificates", {**ORIGIN, "use": use})
    assert [c["use"] for c in listed["certificates"]] == [use]


@pytest.mark.parametrize(("days", "count"), [(-961, 2), (-960, 0), (30, 0)])
async def test_a_portal_may_ask_for_what_is_valid_long_enough(pair_desk, days, count):
    peer = await pair_desk.browser()
    listed = await peer.result("browser.certificates", {**ORIGIN, "min_days": days})
    assert len(listed["certificates"]) == count


@pytest.mark.parametrize("origin", ["", "x" * 301, 7, None])
async def test_an_origin_is_text_of_an_origins_length(desk, origin):
    peer = await desk.browser()
    assert await peer.refusal("browser.certificates", {"origin": origin}) == INVALID_PARAMS


async def test_a_portal_cannot_renew_what_is_not_there(pair_desk):
    peer = await pair_desk.browser()
    params = {**ORIGIN, "thumbprint": "0" * 64}
    assert await peer.refusal("browser.renew", params) == (-32000, "certificate_not_found")


async def test_cancelling_what_was_never_asked_is_nothing(desk):
    params = {**ORIGIN, "request": "never"}
    assert await (await desk.browser()).result("browser.cancel", params) == {}
