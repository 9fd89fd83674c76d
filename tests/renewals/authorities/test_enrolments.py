"""The half every authority has: what a token signs for it, and what is noted before it is sent."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from broken_server import answer, root
from certificate_maker import make_x509, rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from enrolments import WHO, Notes, application
from renewal_maker import APPLICANT, NOW

from agent.keys.public_key import PublicKey
from agent.renewals.authorities.authority import Pending
from agent.renewals.authorities.choosing import Authorities
from agent.renewals.authorities.est_messages import decode_body
from agent.renewals.authorities.ra_protocol import Manifest, Policy
from agent.settings.config import AuthoritySettings, Config
from sandbox.authority.rules.key_request import read_key_request

OLD = make_x509()
RECIPIENT = rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
WISH = application(
    WHO,
    request=b"",
    certificate=OLD.public_bytes(Encoding.DER),
    version=2,
    applicant=APPLICANT,
    recipient=RECIPIENT,
)


class Token:
    """Signs what it is told to, and remembers it."""

    def __init__(self):
        self.signed: list[bytes] = []

    async def request(self):
        self.signed.append(b"PKCS#10")
        return b"a request"

    async def message(self, content, content_type):
        self.signed.append(content)
        self.content_type = content_type
        return b"signed:" + content


@pytest.fixture
async def profiles(tmp_path):
    """An authority of each profile."""
    anchor, password = tmp_path / "root.pem", tmp_path / "password"
    anchor.write_bytes(root().public_bytes(Encoding.PEM))
    password.write_text("a password")
    common = {"issuers": (), "url": "https://127.0.0.1:9", "trust_anchor": anchor}
    settings = (
        AuthoritySettings(name="ra", **common),
        AuthoritySettings(name="est", profile="est", user="u", password_file=password, **common),
        AuthoritySettings(name="cmp", profile="cmp", user="u", password_file=password, **common),
        AuthoritySettings(name="cmp-signed", profile="cmp-signed", **common),
    )
    authorities = Authorities(lambda: Config(authorities=settings))
    yield authorities
    await authorities.close()


def test_a_plain_est_or_cmp_server_has_no_half_but_enrolment(profiles):
    assert profiles.client("est").dossier is None
    assert profiles.client("cmp").dossier is None
    assert profiles.client("cmp-signed").dossier is None
    assert profiles.client("ra").dossier is not None


def test_only_where_the_key_to_renew_signs_all_it_is_asked_what_comes_next(profiles):
    signed = profiles.client("cmp-signed")
    assert signed.signed is signed.enrolment
    assert [profiles.client(name).signed for name in ("ra", "est", "cmp")] == [None] * 3


@pytest.mark.parametrize("profile", ["est", "cmp"])
async def test_for_a_plain_est_or_cmp_server_the_request_alone_is_signed(profiles, profile):
    token = Token()
    prepared = await profiles.client(profile).enrolment.prepare(WISH, token, NOW)
    assert token.signed == [b"PKCS#10"]
    assert (prepared.request, prepared.manifest) == (b"a request", b"")


async def test_for_a_dossier_a_manifest_is_signed_that_binds_all_of_it(profiles):
    token = Token()
    prepared = await profiles.client("ra").enrolment.prepare(WISH, token, NOW)
    [first, content] = token.signed
    assert (first, prepared.request) == (b"PKCS#10", b"a request")
    assert prepared.manifest == b"signed:" + content
    assert msgspec.json.decode(content, type=Manifest) == Manifest(
        audience="https://127.0.0.1:9",
        application=WHO.application,
        version=2,
        secret_sha256=hashlib.sha256(WHO.secret.encode()).hexdigest(),
        certificate_sha256=hashlib.sha256(WISH.certificate).hexdigest(),
        csr_sha256=hashlib.sha256(b"a request").hexdigest(),
        created=NOW,
        applicant=APPLICANT,
        encryption_recipient=RECIPIENT,
    )


async def test_of_a_key_that_comes_later_the_same_request_is_repeated(answering):
    """RFC 7030, 4.2.3, and each request that is made is another: its own key is thrown away."""
    notes = Notes()
    async with answering(answer("202 Accepted", b"", "Retry-After: 5")) as authority:
        for _ in range(2):
            with pytest.raises(Pending):
                await authority.server_key(WISH, notes)
        first, second = (decode_body(body) for body in authority.server.bodies)
    assert first == second
    assert notes.kept == [first]


async def test_a_key_is_not_asked_for_that_could_not_be_noted(answering):
    class Full(Notes):
        def keep(self, _notes):
            raise OSError

    async with answering(answer("202 Accepted")) as authority:
        with pytest.raises(OSError):
            await authority.server_key(WISH, Full())
        assert authority.server.bodies == []


@pytest.mark.parametrize(
    ("offered", "asked"),
    [
        (("rsaes-oaep", "rsaes-pkcs1-v1_5"), "rsaes-pkcs1-v1_5"),
        (("rsaes-oaep",), "rsaes-oaep"),
    ],
)
async def test_a_key_is_asked_for_in_an_envelope_that_tokens_open(answering, offered, asked):
    notes, policy = Notes(), Policy(authority="x", key_transport=offered)
    facts = {"certificate": WISH.certificate, "recipient": RECIPIENT, "policy": policy}
    wish = application(WHO, request=b"", **facts)
    async with answering(answer("202 Accepted")) as authority:
        with pytest.raises(Pending):
            await authority.server_key(wish, notes)
    read = read_key_request(notes.notes)
    assert read.subject == OLD.subject.public_bytes()
    assert read.decrypt_key_identifier == PublicKey.read(RECIPIENT).identifier
    assert read.transport(("rsaes-oaep", "rsaes-pkcs1-v1_5")) == asked
