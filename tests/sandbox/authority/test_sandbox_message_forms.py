"""Signed messages say what they are: what an authority takes, before, while and after it changes that."""

from __future__ import annotations

import datetime as dt
import secrets

import msgspec
import pytest
from sandbox_desk import RenewalClient, sign_cms
from sandbox_office import URL, Office

from agent.renewals.authorities.ra_protocol import LicenceRequest, ProblemCode, Remark
from agent.renewals.authorities.signed_messages import PLAIN, TYPED, ContentType
from sandbox.authority.rules.behaviour import DEFAULT_POLICY
from sandbox.conformance.messages import without_attributes
from sandbox.private_keys import Native
from sandbox.problems import RefusalError

DATA, MANIFEST, REQUEST = ContentType.DATA, ContentType.MANIFEST, ContentType.LICENCE_REQUEST


@pytest.fixture
def office_of(home, rsa_keys):
    """Offices over one database: the authority as it was, and as it is."""

    def of(version: int, **rules: object) -> Office:
        policy = msgspec.structs.replace(DEFAULT_POLICY, message_version=version)
        return Office(home, rsa_keys, policy=policy, **rules)

    return of


def manifest(client: RenewalClient, content_type: str, **changes: object) -> bytes:
    content = msgspec.json.encode(client.manifest(**changes))
    return sign_cms(content, client.holder, content_type)


def apply(office: Office, client: RenewalClient, signed: bytes) -> str:
    return office.applications.apply(client.application, client.secret, signed).state


def licence(office: Office, client: RenewalClient, content_type: str) -> str:
    request = LicenceRequest(
        audience=URL,
        uscc=client.holder.organisation.uscc,
        certificate_sha256=client.holder.sha256,
        created=office.clock.now,
        nonce=secrets.token_hex(16),
    )
    signed = sign_cms(msgspec.json.encode(request), client.holder, content_type)
    return office.licences.of_organisation(request.uscc, signed).uscc


def refusal(call, *arguments: object) -> ProblemCode:
    with pytest.raises(RefusalError) as caught:
        call(*arguments)
    return caught.value.code


@pytest.mark.parametrize(
    ("version", "taken", "licence_taken"), [(PLAIN, DATA, DATA), (TYPED, MANIFEST, REQUEST)]
)
def test_each_version_takes_its_own_types_and_no_other(office_of, version, taken, licence_taken):
    office = office_of(version)
    client = office.certified()
    for content_type in set(ContentType) - {taken}:
        assert refusal(apply, office, client, manifest(client, content_type)) == "malformed"
    for content_type in set(ContentType) - {licence_taken}:
        assert refusal(licence, office, client, content_type) == "malformed"
    assert apply(office, client, manifest(client, taken)) == "open"
    assert licence(office, client, licence_taken) == client.holder.organisation.uscc


@pytest.mark.parametrize("version", [PLAIN, TYPED])
def test_without_signed_attributes_nothing_is_taken(office_of, version):
    office = office_of(version)
    client = office.certified()
    signed = manifest(client, MANIFEST if version == TYPED else DATA)
    bare = without_attributes(signed, Native(client.holder.key))
    assert refusal(apply, office, client, bare) == "bad_signature"


@pytest.mark.parametrize("content", [b"", b"{}", b"text of a portal", b"[1]", b'{"version":1}'])
def test_under_the_types_there_is_nothing_else(office_of, content):
    office = office_of(TYPED)
    client = office.certified()
    signed = sign_cms(content, client.holder, MANIFEST)
    assert refusal(apply, office, client, signed) == "malformed"
    signed = sign_cms(content, client.holder, REQUEST)
    uscc = client.holder.organisation.uscc
    assert refusal(office.licences.of_organisation, uscc, signed) == "malformed"


def test_what_opened_an_application_before_the_change_may_be_sent_again(office_of):
    before, after = office_of(PLAIN), office_of(TYPED)
    client = before.certified()
    signed = manifest(client, DATA)
    apply(before, client, signed)
    assert apply(after, client, signed) == "open"
    again = manifest(client, DATA, created=after.clock.now + dt.timedelta(seconds=1))
    assert refusal(apply, after, client, again) == "stale_version"


@pytest.mark.parametrize("content_type", [DATA, MANIFEST])
def test_an_application_of_before_the_change_is_amended_in_either_form_and_comes_to_its_end(
    office_of, content_type
):
    before, after = office_of(PLAIN), office_of(TYPED)
    client = before.certified()
    apply(before, client, manifest(client, DATA))
    before.bring_scans(client)
    after.review.reject(client.application, (Remark(item="", text="again"),))
    amend = after.applications.amend
    wrong = manifest(client, REQUEST, version=2)
    who = (client.application, client.secret)
    assert refusal(amend, *who, 2, wrong) == "malformed"
    signed = manifest(client, content_type, version=2)
    for _ in range(2):
        assert amend(*who, 2, signed).version == 2
    after.bring_scans(client)
    after.review.approve(client.application)
    assert after.verify(client, after.send(client)) == "released"
    issued = after.enrolment.enrol(*who, client.csr)
    assert issued is not None
    assert issued.public_key() == client.new_key.public_key()
    assert after.applications.installed(*who).state == "installed"


def test_an_application_of_after_the_change_is_not_amended_in_the_form_of_before(office_of):
    office = office_of(TYPED)
    client = office.submitted()
    office.review.reject(client.application, (Remark(item="", text="again"),))
    amend = office.applications.amend
    signed = manifest(client, DATA, version=2)
    assert refusal(amend, client.application, client.secret, 2, signed) == "malformed"


def test_until_a_day_plain_manifests_open_applications_too_but_bring_no_licence(office_of):
    office = office_of(TYPED)
    until = office.clock.now + dt.timedelta(days=30)
    office = office_of(TYPED, plain_until=until)
    client, late = office.certified(), office.certified()
    assert apply(office, client, manifest(client, DATA)) == "open"
    assert refusal(licence, office, client, DATA) == "malformed"
    office.clock.now = until
    assert refusal(apply, office, late, manifest(late, DATA)) == "malformed"
    assert apply(office, late, manifest(late, MANIFEST)) == "open"
