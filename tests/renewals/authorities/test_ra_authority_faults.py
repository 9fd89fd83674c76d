"""An authority that cannot be reached, is not who it says, or answers nonsense."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket

import httpx
import pytest
from broken_server import answer, authority_at, root, server_identity, serving
from certificate_maker import openssl
from cryptography.hazmat.primitives.serialization import Encoding
from enrolments import APPLICATION, WHO, Notes

from agent.ground.errors import OdcError
from agent.renewals.authorities import http as http_module
from agent.renewals.authorities.authority import (
    AuthorityRefusedError,
    AuthorityUnreachableError,
    Pending,
)
from agent.renewals.authorities.est_messages import encode_body
from agent.renewals.authorities.ra_protocol import DocumentName

JSON = "Content-Type: application/json"
STATUS = b'{"application":"a","state":"reviewing","version":1}'


async def test_the_server_of_these_tests_is_believed_when_it_behaves(answering):
    async with answering(answer("200 OK", b'{"authority":"x"}', JSON)) as authority:
        assert (await authority.policy()).authority == "x"


async def test_a_closed_port_is_unreachable(tmp_path):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: nobody else answers there
        url = f"https://127.0.0.1:{reserved.getsockname()[1]}"
        async with authority_at(url, tmp_path) as authority:
            with pytest.raises(AuthorityUnreachableError) as caught:
                await authority.policy()
    assert caught.value.code == "authority_unreachable"
    assert caught.value.retry_after is None


async def test_a_name_that_does_not_resolve_is_unreachable(tmp_path):
    async with authority_at("https://authority.invalid", tmp_path) as authority:
        with pytest.raises(AuthorityUnreachableError):
            await authority.policy()


@pytest.mark.parametrize(
    "identity",
    [{"root_key": "impostor"}, {"host": "127.0.0.2"}, {"not_after": "2022-07-20"}],
    ids=["unknown CA", "another host", "expired"],
)
async def test_a_server_that_is_not_the_authority_is_unreachable_and_learns_nothing(
    answering, identity
):
    async with answering(answer("200 OK", STATUS, JSON), **identity) as authority:
        with pytest.raises(AuthorityUnreachableError) as caught:
            await authority.poll(WHO)
        assert authority.server.requests == []
    assert "certificate" in str(caught.value).lower()


async def test_a_server_without_tls_is_unreachable(tmp_path):
    with serving(None, answer("200 OK", STATUS, JSON)) as server:
        url = server.url.replace("http:", "https:")
        async with authority_at(url, tmp_path) as authority:
            with pytest.raises(AuthorityUnreachableError):
                await authority.poll(WHO)
    assert WHO.secret.encode() not in b"".join(server.requests)


BROKEN = {
    "html": answer("200 OK", b"<html>maintenance</html>", "Content-Type: text/html"),
    "nothing": answer("200 OK"),
    "another shape": answer("200 OK", b'{"state":"dancing"}', JSON),
    "a list": answer("200 OK", b"[]", JSON),
    "truncated json": answer("200 OK", STATUS[:-1], JSON),
    "truncated body": answer("200 OK", STATUS, JSON)[:-5],
    "truncated headers": b"HTTP/1.1 200 OK\r\nContent-",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "hang up": b"",
    "bad gzip": answer("200 OK", STATUS, JSON, "Content-Encoding: gzip"),
    "500": answer("500 Internal Server Error", b"oops"),
    "502 html": answer("502 Bad Gateway", b"<html>", "Content-Type: text/html"),
    "408": answer("408 Request Timeout"),
    "429": answer("429 Too Many Requests", b"{}", JSON),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_what_a_broken_server_says_is_asked_again_later(answering, broken):
    async with answering(BROKEN[broken]) as authority:
        with pytest.raises(AuthorityUnreachableError):
            await authority.poll(WHO)


async def test_text_that_is_not_utf_8_is_asked_again_later(answering):
    async with answering(answer("200 OK", b'{"authority":"\xd6\xd0"}', JSON)) as authority:
        with pytest.raises(AuthorityUnreachableError):
            await authority.policy()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Retry-After: 7", 7),
        ("Retry-After: 0", 1),
        ("Retry-After: 99999999", 24 * 3600),
        ("Retry-After: Wed, 21 Oct 2099 07:28:00 GMT", 24 * 3600),
        ("Retry-After: Wed, 21 Oct 2020 07:28:00 GMT", None),
        (
            "Retry-After: Wed, 21 Oct 2020 07:28:00 GMT\r\nDate: Wed, 21 Oct 2020 07:27:00 GMT",
            60,
        ),
        ("Retry-After: soon", None),
        ("X-Other: 1", None),
    ],
)
async def test_a_busy_server_may_say_when_to_come_again(answering, header, seconds):
    async with answering(answer("503 Service Unavailable", b"", header)) as authority:
        with pytest.raises(AuthorityUnreachableError) as caught:
            await authority.poll(WHO)
    assert caught.value.retry_after == seconds


async def test_a_retry_after_in_odd_digits_is_no_number(answering):
    async with answering(answer("503 Service Unavailable", b"", "Retry-After: \xb2")) as authority:
        with pytest.raises(AuthorityUnreachableError):
            await authority.poll(WHO)


@pytest.mark.parametrize(("headers", "seconds"), [(["Retry-After: 9"], 9), ([], 60)])
async def test_a_review_is_asked_for_no_sooner_than_the_authority_says(answering, headers, seconds):
    async with answering(answer("200 OK", STATUS, JSON, *headers)) as authority:
        assert (await authority.poll(WHO)).retry_after == seconds


async def test_an_authority_that_asks_for_no_pause_is_not_asked_without_one(answering):
    async with answering(answer("200 OK", STATUS, JSON, "Retry-After: 0")) as authority:
        assert (await authority.poll(WHO)).retry_after >= 1


REFUSED = b'{"title":"No","status":403,"code":"bad_signature"}'
DETAILED = b'{"title":"No","status":409,"detail":"Open.","type":"about:blank"}'
PROBLEM = "Content-Type: application/problem+json"


@pytest.mark.parametrize(
    ("answered", "reason", "problem"),
    [
        (answer("404 Not Found", b"no such op\n", "Content-Type: text/plain"), "no such op", ""),
        (answer("403 Forbidden", b"bad_signature: no\n"), "no", "bad_signature"),
        (answer("403 Forbidden", b"bad_signature\n"), "bad_signature", "bad_signature"),
        (answer("403 Forbidden", b"Proxy: denied"), "Proxy: denied", ""),
        (answer("401 Unauthorized"), "HTTP 401", ""),
        (answer("400 Bad Request", b"{", JSON), "{", ""),
        (answer("403 Forbidden", REFUSED, PROBLEM), "No", "bad_signature"),
        (answer("409 Conflict", DETAILED, PROBLEM), "Open.", ""),
    ],
    ids=[
        "plain text", "our code", "our code alone", "a proxy's text", "nothing", "broken problem",
        "title", "detail",
    ],
)  # fmt: skip
async def test_a_refusal_is_final_and_told_in_the_authoritys_words(
    answering, answered, reason, problem
):
    async with answering(answered) as authority:
        with pytest.raises(AuthorityRefusedError) as caught:
            await authority.poll(WHO)
    assert (caught.value.values["reason"], caught.value.problem) == (reason, problem)


async def test_a_redirect_is_not_followed_with_a_password(answering, tmp_path):
    with serving(server_identity(tmp_path), answer("200 OK", STATUS, JSON)) as elsewhere:
        redirect = answer("307 Temporary Redirect", b"", f"Location: {elsewhere.url}/ra/v1/x")
        async with answering(redirect) as authority:
            with pytest.raises((AuthorityRefusedError, AuthorityUnreachableError)):
                await authority.poll(WHO)
    assert elsewhere.requests == []


async def test_the_password_goes_where_it_is_needed_and_not_with_the_policy(answering):
    async with answering(answer("200 OK", b'{"authority":"x"}', JSON)) as authority:
        await authority.policy()
        [request] = authority.server.requests
        assert b"authorization" not in request.lower()
    basic = httpx.BasicAuth(WHO.application, WHO.secret)._auth_header.encode()
    async with answering(answer("200 OK", STATUS, JSON)) as authority:
        await authority.poll(WHO)
        [request] = authority.server.requests
        assert basic in request


@pytest.mark.parametrize(("headers", "seconds"), [(["Retry-After: 5"], 5), ([], 60)])
async def test_a_certificate_may_be_pending_with_an_empty_body(answering, headers, seconds):
    async with answering(answer("202 Accepted", b"", *headers)) as authority:
        with pytest.raises(Pending) as caught:
            await authority.enrol(APPLICATION, Notes())
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", encode_body(b"garbage"), b"\0"])
async def test_an_enrolment_that_cannot_be_read_is_asked_for_again(answering, body):
    async with answering(answer("200 OK", body)) as authority:
        with pytest.raises(AuthorityUnreachableError):
            await authority.enrol(APPLICATION, Notes())


async def test_an_enrolment_is_read_whatever_its_headers_say(answering, tmp_path):
    certificate = root()
    (tmp_path / "c.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    message = openssl(
        "crl2pkcs7", "-nocrl", "-certfile", "c.pem", "-outform", "DER", folder=tmp_path
    )
    body = encode_body(message) + b"\0"
    async with answering(
        answer("200 OK", body, "Content-Transfer-Encoding: binary", "Content-Type: text/plain")
    ) as authority:
        assert await authority.enrol(APPLICATION, Notes()) == certificate.public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "call",
    [
        lambda authority: authority.upload(WHO, DocumentName.ID_CARD_BACK, b"scan", "image/png"),
        lambda authority: authority.send_sms(WHO),
        lambda authority: authority.confirm_installed(WHO),
        lambda authority: authority.withdraw(WHO),
    ],
    ids=["upload", "send_sms", "confirm_installed", "withdraw"],
)
async def test_a_proxys_page_is_not_taken_for_the_authoritys_yes(answering, call):
    async with answering(BROKEN["html"]) as authority:
        with pytest.raises(AuthorityUnreachableError):
            await call(authority)


DATE = "Date: Fri, 07 Mar 2025 02:00:00 GMT"
TOLD = dt.datetime(2025, 3, 7, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden", "503 Service Unavailable"])
async def test_each_answer_tells_the_authoritys_time_which_goes_on_whatever_is_set(
    answering, monkeypatch, status
):
    since_boot = 1000.0
    monkeypatch.setattr(http_module, "since_boot", lambda: since_boot)
    async with answering(answer(status, STATUS, JSON, DATE)) as authority:
        with contextlib.suppress(OdcError):
            await authority.poll(WHO)
        since_boot += 3600
        assert await authority.time() == TOLD + dt.timedelta(hours=1)
        assert len(authority.server.requests) == 1, "nobody is asked for what is known"


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "404 Not Found", "405 Not Allowed"])
async def test_who_has_said_nothing_yet_is_asked_for_the_time(answering, status):
    async with answering(answer(status, b"", DATE)) as authority:
        assert (await authority.time()).date() == TOLD.date()
        [request] = authority.server.requests
        assert request.startswith(b"HEAD ")
        assert b"uthorization" not in request


@pytest.mark.parametrize("date", ["", "Date: yesterday", "Date: Thu, 99 Foo 2025 99:00:00 GMT"])
async def test_an_authority_may_tell_no_time(answering, date):
    async with answering(answer("200 OK", b"", *([date] if date else []))) as authority:
        assert await authority.time() is None


async def test_nobody_knows_the_time_of_a_server_there_is_no_connection_to(tmp_path):
    """Then nothing is decided by it; a server that is there, and does not say, is another matter."""
    async with authority_at("https://authority.invalid", tmp_path) as authority:
        with pytest.raises(AuthorityUnreachableError):
            await authority.time()


async def test_a_server_that_takes_no_such_question_tells_no_time(answering):
    async with answering(b"what?") as authority:
        assert await authority.time() is None
