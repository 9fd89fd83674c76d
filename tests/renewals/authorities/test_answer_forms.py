"""Answers of EST servers over the wire, in every legal form of HTTP and some common illegal ones."""

from __future__ import annotations

import base64

import pytest
from broken_server import CA_NAME, root
from certificate_maker import ec_key, make_x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from enrolments import APPLICATION, Notes
from test_server_key_answers import CERTS_HEAD, ENVELOPE, FORMS, KEY, KEY_HEAD
from test_server_key_answers import answer as parts

from agent.renewals.authorities.authority import AuthorityRefusedError, Pending
from agent.renewals.authorities.ra_protocol import ProblemCode
from agent.renewals.steps.finality import is_final

ISSUED = make_x509(key=ec_key("issued"), issuer_key=ec_key("root"), issuer=CA_NAME)
DER = ISSUED.public_bytes(Encoding.DER)


def certs_only(*certificates) -> bytes:
    return base64.b64encode(pkcs7.serialize_certificates(certificates, Encoding.DER))


def with_length(status: str, body: bytes, *headers: str) -> bytes:
    return until_the_end(status, body, f"Content-Length: {len(body)}", *headers)


def until_the_end(status: str, body: bytes, *headers: str) -> bytes:
    """No Content-Length: the body ends with the connection (RFC 9112, 6.3)."""
    return (
        "\r\n".join([f"HTTP/1.1 {status}", "Connection: close", *headers, "", ""]).encode() + body
    )


def in_chunks(status: str, body: bytes, *headers: str) -> bytes:
    """Transfer-Encoding: chunked, in chunks that cut everything in two (RFC 9112, 7.1)."""
    chunks = [body[at : at + 61] for at in range(0, len(body), 61)]
    coded = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    return until_the_end(status, coded, "Transfer-Encoding: chunked", *headers)


LENGTHS = [with_length, until_the_end, in_chunks]
BASE64 = {
    "one line": lambda text: text,
    "64 columns": lambda text: b"\n".join(text[at : at + 64] for at in range(0, len(text), 64)),
    "64 columns CRLF": lambda text: base64.encodebytes(base64.b64decode(text)).replace(
        b"\n", b"\r\n"
    ),
    "a trailing NUL": lambda text: text + b"\0",
    "PEM": lambda text: b"-----BEGIN PKCS7-----\n" + text + b"\n-----END PKCS7-----\n",
}
BOUNDARIES = [
    "multipart/mixed; boundary=limit",
    'multipart/mixed; boundary="limit"',
    "Multipart/Mixed;boundary=limit; charset=utf-8",
]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("form", BASE64)
async def test_a_certificate_is_read(answering, length, form):
    body = BASE64[form](certs_only(ISSUED))
    async with answering(length("200 OK", body)) as authority:
        assert await authority.enrol(APPLICATION, Notes()) == DER


async def test_of_a_chain_the_certificate_is_taken_wherever_it_stands(answering):
    for chain in ((ISSUED, root()), (root(), ISSUED)):
        async with answering(with_length("200 OK", certs_only(*chain))) as authority:
            assert await authority.enrol(APPLICATION, Notes()) == DER
        body = parts((KEY_HEAD, KEY), (CERTS_HEAD, certs_only(*chain)))
        kind = f"Content-Type: {BOUNDARIES[0]}"
        async with answering(with_length("200 OK", body, kind)) as authority:
            assert (
                await authority.server_key(APPLICATION, Notes(b"request"))
            ).certificate == ISSUED


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("form", ["as the RFC has it", "the other order"])
async def test_a_key_is_read(answering, length, boundary, form):
    answered = length("200 OK", FORMS[form], f"Content-Type: {boundary}")
    async with answering(answered) as authority:
        assert (await authority.server_key(APPLICATION, Notes(b"request"))).envelope == ENVELOPE


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("call", ["enrol", "server_key"])
@pytest.mark.parametrize("body", [b"", b"not yet\n"])
async def test_both_calls_may_be_pending(answering, length, call, body):
    """RFC 7030 knows 202 for simpleenroll alone; servers send it for serverkeygen all the same."""
    async with answering(length("202 Accepted", body, "Retry-After: 5")) as authority:
        with pytest.raises(Pending) as caught:
            await getattr(authority, call)(APPLICATION, Notes(b"request"))
    assert caught.value.retry_after == 5


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("call", ["enrol", "server_key"])
@pytest.mark.parametrize(
    "refused",
    [
        (b"bad_signature: the request\n", "text/plain", ProblemCode.BAD_SIGNATURE),
        (
            b'{"title":"No","status":403,"code":"bad_signature"}',
            "application/problem+json",
            ProblemCode.BAD_SIGNATURE,
        ),
        (b"<html>403", "text/html", ""),
        (b"", "", ""),
    ],
    ids=["text", "problem+json", "a proxy's page", "nothing"],
)
async def test_a_refusal_is_final_if_it_is_the_authoritys(answering, length, call, refused):
    body, kind, problem = refused
    headers = [f"Content-Type: {kind}"] if kind else []
    async with answering(length("403 Forbidden", body, *headers)) as authority:
        with pytest.raises(AuthorityRefusedError) as caught:
            await getattr(authority, call)(APPLICATION, Notes(b"request"))
    assert caught.value.problem == problem
    assert is_final(caught.value) is bool(problem)
