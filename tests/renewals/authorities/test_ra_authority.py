"""The client of an authority against the real sandbox: every call, and every call again."""

from __future__ import annotations

import uuid

import pytest
from certificate_maker import make_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from enrolments import Notes, application
from sandbox_desk import SCANS, Desk, RenewalClient, certify, new_rsa_key

from agent.renewals.authorities.authority import (
    AuthorityRefusedError,
    Credentials,
    Pending,
    SmsCodeWrongError,
    SmsTooSoonError,
)
from agent.renewals.authorities.choosing import Authorities, TrustAnchorError
from agent.renewals.authorities.ra import RaAuthority
from agent.renewals.authorities.ra_protocol import ApplicationState, DocumentName
from agent.renewals.ground.errors import AuthorityGoneError, NoAuthorityError
from agent.renewals.steps.checks import check_issued
from agent.settings.config import AuthoritySettings, Config, NetworkSettings
from sandbox.authority.rules.days import utc_now


def settings_of(desk: Desk, **changes) -> AuthoritySettings:
    values = {
        "name": "sandbox",
        "issuers": ("CN=Some CA",),
        "url": desk.url,
        "trust_anchor": desk.home.trust_anchor,
    }
    return AuthoritySettings(**{**values, **changes})


@pytest.fixture
async def authority(desk):
    authority = RaAuthority(settings_of(desk))
    yield authority
    await authority.close()


@pytest.fixture(scope="module")
def keys():
    return new_rsa_key(), new_rsa_key()


@pytest.fixture
def client(desk, keys) -> RenewalClient:
    """An organisation with an expired certificate, its manifest and its request."""
    return RenewalClient(desk.url, certify(desk.home, keys[0]), keys[1])


def credentials(client: RenewalClient) -> Credentials:
    return Credentials(client.application, client.secret)


async def submit(authority: RaAuthority, client: RenewalClient):
    """Submit with all scans; return the status after ``complete``."""
    who = credentials(client)
    status = await authority.submit(who, 1, client.signed())
    assert status.state is ApplicationState.OPEN
    assert set(status.missing_documents) == set(DocumentName)
    for name, content in SCANS.items():
        await authority.upload(who, name, content, "image/png")
    return await authority.complete(who)


async def release(authority: RaAuthority, client: RenewalClient, desk: Desk) -> None:
    who = credentials(client)
    await authority.send_sms(who)
    status = await authority.verify_sms(who, desk.code_for(client.application))
    assert status.state is ApplicationState.RELEASED


async def test_the_policy_is_asked_without_a_password(authority):
    policy = await authority.policy()
    assert policy.authority
    assert policy.document_max_bytes == 1024 * 1024
    assert policy.required_documents == tuple(DocumentName)


async def test_the_whole_way_to_a_certificate_that_may_be_installed(authority, client, desk):
    who = credentials(client)
    await submit(authority, client)
    polled = await authority.poll(who)
    assert polled.status.state is ApplicationState.APPROVED
    assert polled.retry_after == 3
    await release(authority, client, desk)
    der = await authority.enrol(application(who, client.csr), Notes())
    check_issued(
        x509.load_der_x509_certificate(der),
        request=x509.load_der_x509_csr(client.csr),
        old=client.holder.certificate,
        issuers=x509.load_pem_x509_certificates(desk.home.trust_anchor.read_bytes()),
        now=utc_now(),
    )
    await authority.confirm_installed(who)
    assert (await authority.poll(who)).status.state is ApplicationState.INSTALLED


async def test_every_call_may_be_made_again_with_the_same_outcome(authority, client, desk):
    who, manifest = credentials(client), client.signed()
    for _ in range(2):
        await authority.submit(who, 1, manifest)
    for name, content in [*SCANS.items(), *SCANS.items()]:
        await authority.upload(who, name, content, "image/png")
    for _ in range(2):
        await authority.complete(who)
    await release(authority, client, desk)
    certificates = {await authority.enrol(application(who, client.csr), Notes()) for _ in range(3)}
    assert len(certificates) == 1
    for _ in range(2):
        await authority.confirm_installed(who)


async def test_a_certificate_before_its_release_is_pending(authority, client):
    await submit(authority, client)
    with pytest.raises(Pending) as caught:
        await authority.enrol(application(credentials(client), client.csr), Notes())
    assert caught.value.retry_after == 3


async def test_a_wrong_sms_code_says_so_and_releases_nothing(authority, client, desk):
    await submit(authority, client)
    who = credentials(client)
    await authority.send_sms(who)
    code = desk.code_for(client.application)
    with pytest.raises(SmsCodeWrongError):
        await authority.verify_sms(who, f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}")
    assert (await authority.poll(who)).status.state is ApplicationState.APPROVED


async def test_a_second_sms_a_moment_later_is_too_soon(authority, client):
    await submit(authority, client)
    await authority.send_sms(credentials(client))
    with pytest.raises(SmsTooSoonError) as caught:
        await authority.send_sms(credentials(client))
    assert caught.value.values["seconds"] > 0


async def test_a_withdrawn_application_stays_withdrawn(authority, client):
    await submit(authority, client)
    who = credentials(client)
    for _ in range(2):
        await authority.withdraw(who)
    assert (await authority.poll(who)).status.state is ApplicationState.WITHDRAWN


async def refusal(call) -> str:
    """Return the problem code of a call that is refused."""
    with pytest.raises(AuthorityRefusedError) as caught:
        await call
    assert caught.value.code == "authority_refused"
    assert caught.value.values["reason"]
    return caught.value.problem


async def test_an_application_nobody_knows_is_refused(authority):
    stranger = Credentials(str(uuid.uuid4()), "secret")
    for call in (authority.poll, authority.complete, authority.send_sms, authority.withdraw):
        assert await refusal(call(stranger)) in {"unauthorised", "not_found"}


async def test_a_wrong_secret_is_refused(authority, client):
    await submit(authority, client)
    wrong = Credentials(client.application, "wrong")
    assert await refusal(authority.poll(wrong)) == "unauthorised"
    assert await refusal(authority.enrol(application(wrong, client.csr), Notes())) in {
        "unauthorised",
        "",
    }


async def test_a_certificate_the_authority_never_issued_is_refused(authority, desk, keys):
    holder = certify(desk.home, keys[0])
    stranger = make_x509(key=keys[0])
    client = RenewalClient(
        desk.url, type(holder)(holder.organisation, holder.key, stranger), keys[1]
    )
    code = await refusal(authority.submit(credentials(client), 1, client.signed()))
    assert code in {"unknown_certificate", "bad_signature"}


async def test_a_manifest_for_another_authority_is_refused(authority, client):
    signed = client.signed(audience="https://other.example")
    code = await refusal(authority.submit(credentials(client), 1, signed))
    assert code == "wrong_audience"


async def test_a_scan_that_is_not_the_manifests_is_refused(authority, client):
    who = credentials(client)
    await authority.submit(who, 1, client.signed())
    upload = authority.upload(who, DocumentName.ID_CARD_BACK, b"other", "image/png")
    assert await refusal(upload) == "document_mismatch"


async def test_an_url_with_a_final_slash_is_the_same(desk):
    authority = RaAuthority(settings_of(desk, url=desk.url + "/"))
    try:
        assert authority.url == desk.url
        assert (await authority.policy()).authority
    finally:
        await authority.close()


def authorities_of(*settings):
    return Authorities(lambda: Config(authorities=settings))


def test_an_authority_is_chosen_by_the_issuer(desk):
    other = settings_of(desk, name="other", issuers=("CN=Other CA", "CN=Third CA"))
    authorities = authorities_of(settings_of(desk), other)

    class Held:
        issuer = "CN=Third CA"

    assert authorities.for_certificate(Held) is other
    Held.issuer = "CN=Unknown CA"
    with pytest.raises(NoAuthorityError, match="CN=Unknown CA"):
        authorities.for_certificate(Held)


async def test_an_authority_is_pinned_to_its_own_root(desk):
    authorities = authorities_of(settings_of(desk))
    [root] = authorities.issuers("sandbox")
    assert root.public_bytes(Encoding.PEM) == desk.home.trust_anchor.read_bytes()
    assert authorities.client("sandbox") is authorities.client("sandbox")
    await authorities.close()


async def test_an_authority_is_reached_by_what_is_configured_now(desk, tmp_path):
    anchor = tmp_path / "root.pem"
    anchor.write_bytes(desk.home.trust_anchor.read_bytes())
    held = Config(authorities=(settings_of(desk, trust_anchor=anchor),))
    authorities = Authorities(lambda: held)
    seen = [authorities.client("sandbox")]

    def is_another():
        seen.append(authorities.client("sandbox"))
        return seen[-1] is not seen[-2]

    assert not is_another()
    held = Config(authorities=(settings_of(desk, trust_anchor=anchor, url="https://127.0.0.1:9"),))
    assert is_another()
    held = Config(authorities=held.authorities, network=NetworkSettings(proxy="direct"))
    assert is_another()
    anchor.write_bytes(anchor.read_bytes() + b"\n")
    assert is_another(), "its file was saved"
    held = Config()
    with pytest.raises(AuthorityGoneError, match="sandbox"):
        authorities.client("sandbox")
    await authorities.close()


@pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
def test_a_root_that_cannot_be_read_is_named(desk, tmp_path, content):
    anchor = tmp_path / "root.pem"
    if content is not None:
        anchor.write_bytes(content)
    authorities = authorities_of(settings_of(desk, trust_anchor=anchor))
    for ask in (authorities.client, authorities.issuers):
        with pytest.raises(TrustAnchorError, match=r"root\.pem"):
            ask("sandbox")


def test_an_authority_that_is_no_longer_configured_is_missed(desk):
    with pytest.raises(NoAuthorityError, match="gone"):
        authorities_of(settings_of(desk)).client("gone")


def test_a_password_shows_in_no_traceback():
    assert "secret" not in repr(Credentials("application", "secret"))
