"""Business licences: for an application's owner, and for whoever signs with the token."""

from __future__ import annotations

import datetime as dt
import secrets

import httpx
import msgspec
import pytest
from sandbox_desk import HttpRenewal, certify, new_rsa_key, sign_cms
from sandbox_office import URL, Office

from agent.renewals.authorities.ra_protocol import (
    LICENCE_REQUEST_SECONDS,
    Licence,
    LicenceRequest,
    ProblemCode,
)
from agent.renewals.authorities.signed_messages import ContentType
from sandbox.authority.licences import MAX_ANSWERS
from sandbox.authority.rules.behaviour import DEFAULT_POLICY
from sandbox.authority.rules.days import utc_now
from sandbox.problems import RefusalError


def request_of(renewal: HttpRenewal, **changes: object) -> LicenceRequest:
    request = LicenceRequest(
        audience=renewal.audience,
        uscc=renewal.holder.organisation.uscc,
        certificate_sha256=renewal.holder.sha256,
        created=utc_now(),
        nonce=secrets.token_hex(16),
    )
    return msgspec.structs.replace(request, **changes)


def signed(renewal: HttpRenewal, **changes: object) -> bytes:
    content = msgspec.json.encode(request_of(renewal, **changes))
    return sign_cms(content, renewal.holder, ContentType.LICENCE_REQUEST)


def post(renewal: HttpRenewal, body: bytes, uscc: str | None = None) -> httpx.Response:
    path = f"/ra/v1/licences/{uscc or renewal.holder.organisation.uscc}"
    return renewal.http.post(path, content=body, headers={"Content-Type": "application/pkcs7-mime"})


def refused(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def renewal(quick_desk, renewal_at) -> HttpRenewal:
    return renewal_at(quick_desk)


def test_an_applications_owner_gets_the_organisations_licence(renewal):
    renewal.apply().raise_for_status()
    answer = renewal.call("GET", "/licence")
    licence = msgspec.json.decode(answer.content, type=Licence)
    assert licence.uscc == renewal.holder.organisation.uscc
    assert licence.name == renewal.holder.organisation.name
    assert licence.image is not None
    assert licence.image.startswith(b"\x89PNG")
    assert answer.headers["Cache-Control"] == "no-store"


def test_nobody_else_gets_it(renewal):
    renewal.apply().raise_for_status()
    renewal.secret = "wrong"
    assert refused(renewal.call("GET", "/licence")) == (401, "unauthorised")


def test_a_token_that_signs_gets_the_same_licence_without_an_application(renewal):
    answer = post(renewal, signed(renewal))
    licence = msgspec.json.decode(answer.content, type=Licence)
    renewal.apply().raise_for_status()
    assert renewal.call("GET", "/licence").content == answer.content
    assert licence.valid_from < licence.updated


def test_a_lost_answer_may_be_asked_for_again_a_few_times(renewal):
    body = signed(renewal)
    answers = [post(renewal, body) for _ in range(MAX_ANSWERS)]
    assert {answer.status_code for answer in answers} == {200}
    assert refused(post(renewal, body)) == (403, "too_many_attempts")


def test_a_nonce_is_good_for_one_request(renewal):
    nonce = secrets.token_hex(16)
    assert post(renewal, signed(renewal, nonce=nonce)).status_code == 200
    later = utc_now() + dt.timedelta(seconds=1)
    again = post(renewal, signed(renewal, nonce=nonce, created=later))
    assert refused(again) == (403, "stale_request")


@pytest.mark.parametrize("seconds", [-LICENCE_REQUEST_SECONDS - 60, LICENCE_REQUEST_SECONDS + 60])
def test_a_request_of_another_time_is_refused(renewal, seconds):
    created = utc_now() + dt.timedelta(seconds=seconds)
    assert refused(post(renewal, signed(renewal, created=created))) == (403, "stale_request")


def test_a_request_without_time_zone_is_refused(renewal):
    body = signed(renewal, created=dt.datetime(2026, 3, 7))  # noqa: DTZ001
    assert refused(post(renewal, body)) == (400, "malformed")


def test_a_request_for_another_authority_is_refused(renewal):
    body = signed(renewal, audience="https://ca.example.com")
    assert refused(post(renewal, body)) == (403, "wrong_audience")


def test_another_organisations_licence_is_refused(quick_desk, renewal, renewal_at):
    other = renewal_at(quick_desk).holder.organisation.uscc
    assert refused(post(renewal, signed(renewal), other)) == (400, "malformed")
    assert refused(post(renewal, signed(renewal, uscc=other), other)) == (
        403,
        "unknown_certificate",
    )


def test_a_certificate_that_was_replaced_gets_nothing(quick_desk, renewal):
    certify(quick_desk.home, new_rsa_key(), uscc=renewal.holder.organisation.uscc)
    assert refused(post(renewal, signed(renewal))) == (403, "unknown_certificate")


def test_a_signature_that_does_not_verify(renewal):
    body = bytearray(signed(renewal))
    body[-1] ^= 1
    assert refused(post(renewal, bytes(body))) == (403, "bad_signature")


def test_a_request_that_names_another_certificate_than_its_signer(renewal):
    body = signed(renewal, certificate_sha256="0" * 64)
    assert refused(post(renewal, body)) == (403, "bad_signature")


def test_a_manifest_is_no_licence_request_and_the_other_way_round(renewal):
    assert refused(post(renewal, renewal.signed())) == (400, "malformed")
    assert refused(renewal.apply(signed(renewal))) == (400, "malformed")


def test_an_authority_without_licences_says_so(home, rsa_keys):
    policy = msgspec.structs.replace(DEFAULT_POLICY, licence=False)
    office = Office(home, rsa_keys, policy=policy)
    client = office.certified()
    with pytest.raises(RefusalError) as refusal:
        office.licences.of_organisation(client.holder.organisation.uscc, b"")
    assert refusal.value.code is ProblemCode.NOT_OFFERED
    assert office.rules.audiences == {URL}
