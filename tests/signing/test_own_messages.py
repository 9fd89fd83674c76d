"""What an authority could take for an application is signed for nobody; what is merely like it is."""

from __future__ import annotations

import datetime as dt
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.renewals.authorities.ra_protocol import LicenceRequest, Manifest
from agent.signing.own_messages import is_own_message

DIGEST = "ab" * 32
NOW = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
MESSAGES = [
    Manifest(
        audience="https://ra.example",
        application="0b8bba3e-9d5c-4a2a-8f3b-0e6f6a0f1d11",
        version=1,
        secret_sha256=DIGEST,
        certificate_sha256=DIGEST,
        csr_sha256=DIGEST,
        created=NOW,
    ),
    LicenceRequest(
        audience="https://ra.example",
        uscc="91440300MA5DA0000F",
        certificate_sha256=DIGEST,
        created=NOW,
        nonce="00" * 16,
    ),
]


def forms(message: msgspec.Struct) -> dict[str, bytes]:
    """Return a message in each form that some reader of JSON takes."""
    encoded = msgspec.json.encode(message)
    text = encoded.decode()
    escaped = text.replace("audience", "\\u0061u\\u0044ience").replace("sha256", "\\u0073HA256")
    return {
        "as the agent writes it": encoded,
        "indented": msgspec.json.format(encoded),
        "after blanks": b" \r\n\t" * 5000 + encoded,
        "with a byte order mark": text.encode("utf-8-sig"),
        "UTF-16": text.encode("utf-16"),
        "UTF-16 without a mark": text.encode("utf-16-be"),
        "UTF-32": text.encode("utf-32"),
        "escaped": escaped.encode(),
        "other cases": text.replace("audience", "Audience")
        .replace("certificate", "CERTIFICATE")
        .encode(),
        "after a comment": b"// a contract\n" + encoded,
        "after a long comment": b"/*" + b"x" * 100_000 + b"*/" + encoded,
        "after a guard": b")]}'\n" + encoded,
        "with more members": json.dumps({"title": "合同", **json.loads(encoded)}).encode(),
    }


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("form", forms(MESSAGES[0]))
def test_a_message_to_an_authority_is_seen_in_every_form(message, form):
    assert is_own_message(forms(message)[form])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"{}",
        b'{"audience": "everybody"}',
        "{合同}".encode(),
        b"%PDF-1.7 audience certificate_sha256",
        b"PK\x03\x04 audience certificate_sha256",
        b"In JSON the members audience and certificate_sha256 must be there.",
        "audience certificate_sha256".encode("utf-16"),
    ],
)
def test_what_is_none_is_signed(content):
    assert not is_own_message(content)


@given(st.binary(max_size=200))
def test_noise_is_none(noise):
    assert not is_own_message(noise)


def test_both_messages_must_have_what_they_are_known_by():
    """A version that drops one of the members would no longer be seen."""
    for message in MESSAGES:
        required = {field.name for field in msgspec.structs.fields(message) if field.required}
        assert {"audience", "certificate_sha256"} <= required
