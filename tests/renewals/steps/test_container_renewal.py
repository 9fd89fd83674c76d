"""Both halves of a renewal on a token that keeps them in one container: recipient, import, leftovers."""

from __future__ import annotations

from contextlib import closing

import msgspec
import pytest
from container_context import (
    MADE,
    NEW,
    OLD_KEY,
    OLD_OPENER,
    OLD_SIGNING,
    POLICY,
    context_of,
    released,
    renewal_of,
    server_key_for,
)
from cryptography import x509
from renewal_maker import NOW
from sm2_certificates import Container, ContainerSession, certified, der

from agent.keys.certified import key_of
from agent.keys.requests import read_request
from agent.keys.signed_data import read_signed_data
from agent.renewals.authorities.authority import KeyFormUnknownError
from agent.renewals.authorities.est_messages import ServerKey
from agent.renewals.authorities.signed_messages import ContentType
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.leftovers import leftovers_of
from agent.renewals.journal.states import State
from agent.renewals.steps.checks import CertificateRefusedError
from agent.renewals.steps.issuing import issue
from agent.renewals.steps.pin_steps import install, remove_leftovers, sign_submission
from agent.tokens import protocol as token
from agent.tokens.protocol import EnvelopeKind
from sandbox.authority.rules.profiles import CertificateUse
from sandbox.private_keys import Native, Sm2PrivateKey, new_key

OLD = b"old"


@pytest.fixture
def journal(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        yield journal


@pytest.fixture
def session():
    return ContainerSession(old=Container(OLD_KEY, OLD_OPENER))


async def signed(journal, session, **changes):
    return await sign_submission(
        context_of(journal), renewal_of(journal, OLD, b"old/encryption", **changes), session
    )


async def test_what_the_first_pin_makes(journal, session):
    after = await signed(journal, session)
    request, manifest = (
        read_request(after.private.request),
        read_signed_data(after.private.manifest, content_types=(ContentType.DATA,)),
    )
    made = session.containers[NEW].signing.public
    assert after.state is State.SUBMITTED
    assert (request.key(), request.is_signed(), made.kind) == (made, True, "sm2")
    assert (manifest.key, manifest.certificate) == (OLD_KEY.public, OLD_SIGNING)
    assert after.private.recipient == made.der
    assert after.encryption.recipient_id == NEW
    assert after.encryption.key_id == NEW + b"/encryption"
    assert token.ProveDecryption not in session.asked, "the old encryption key is not the recipient"
    assert session.containers[OLD].signing is OLD_KEY


async def test_what_the_second_pin_installs(journal, session):
    after = await signed(journal, session)
    recipient = session.containers[NEW].signing.public
    context = context_of(journal, server_key_for(recipient))
    installing = await issue(context, released(journal, after))
    assert installing.private.envelope_kind is EnvelopeKind.SM2
    installed = await install(context, installing, session)
    container = session.containers[NEW]
    assert installed.state is State.INSTALLED
    assert container.encryption == MADE
    assert [key_of(x509.load_der_x509_certificate(one)) for one in container.certificates] == [
        MADE.public, recipient,
    ]  # fmt: skip
    assert OLD in session.containers, "its encryption key opens what was sealed before"


async def test_a_new_container_after_the_first_was_lost_is_the_recipient_then(journal, session):
    after = await signed(journal, session)
    del session.containers[NEW]
    again = journal.save(after).moved(State.SIGNING, NOW)
    after = await sign_submission(context_of(journal), journal.save(again), session)
    made = session.containers[NEW].signing.public
    assert after.private.recipient == made.der
    assert read_request(after.private.request).key() == made


async def test_a_container_an_interrupted_run_left_is_adopted(journal, session):
    left = Sm2PrivateKey.new()
    session.containers[NEW] = Container(left)
    after = await signed(journal, session)
    assert token.GenerateKeyPair not in session.asked
    assert after.private.recipient == left.public.der


async def test_where_nothing_is_enveloped_to_it_the_signing_certificate_is_renewed_alone(
    journal, session
):
    policy = msgspec.structs.replace(POLICY, container_key_transport=())
    after = await signed(journal, session, policy=policy)
    assert (after.private.recipient, after.encryption) == (b"", None)
    assert not after.asks_for_encryption


async def test_a_new_rsa_key_in_a_container_gets_no_encryption_key_either(journal, session):
    policy = msgspec.structs.replace(POLICY, signing_key_types=("rsa:2048",))
    after = await signed(journal, session, policy=policy)
    assert isinstance(session.containers[NEW].signing, Native)
    assert after.encryption is None


class TestWhatIsSent:
    """Nothing is written that is not as it must be; the renewal ends with one sentence."""

    async def refused(self, journal, session, key, error):
        after = await signed(journal, session)
        ready = released(journal, after)
        with pytest.raises(error):
            await issue(context_of(journal, key), ready)
        assert session.containers[NEW].certificates == []

    async def test_another_key_than_the_certificates(self, journal, session):
        other = Sm2PrivateKey.new()
        key = server_key_for(other.public, other, named=other)
        await self.refused(journal, session, key, CertificateRefusedError)

    async def test_cms_for_an_sm2_key(self, journal, session):
        key = ServerKey(b"cms", certified(MADE.public, NOW, CertificateUse.ENCRYPTION))
        await self.refused(journal, session, key, KeyFormUnknownError)

    async def test_a_certificate_that_may_not_encrypt(self, journal, session):
        envelope = server_key_for(OLD_KEY.public).envelope
        key = ServerKey(envelope, certified(MADE.public, NOW), EnvelopeKind.SM2)
        await self.refused(journal, session, key, CertificateRefusedError)

    async def test_an_encryption_certificate_for_a_curve_of_another_kind(self, journal, session):
        certificate = certified(new_key("ec:secp256r1").public, NOW, CertificateUse.ENCRYPTION)
        key = ServerKey(server_key_for(OLD_KEY.public).envelope, certificate, EnvelopeKind.SM2)
        await self.refused(journal, session, key, CertificateRefusedError)


class TestLeftovers:
    async def cancelled(self, journal, session, before):
        after = journal.save(before.moved(State.CANCELLED, NOW))
        assert leftovers_of(before, State.CANCELLED)
        await remove_leftovers(context_of(journal), after, session)

    async def test_a_container_of_a_cancelled_renewal_goes_with_all_that_is_in_it(
        self, journal, session
    ):
        after = await signed(journal, session)
        session.containers[NEW].encryption = MADE
        encryption = certified(MADE.public, NOW, CertificateUse.ENCRYPTION)
        session.containers[NEW].certificates = [der(encryption)]
        before = journal.save(after.with_private(NOW, new_encryption_certificate=der(encryption)))
        await self.cancelled(journal, session, before)
        assert NEW not in session.containers
        assert OLD in session.containers

    async def test_a_key_nobody_knows_in_it_keeps_it(self, journal, session):
        after = await signed(journal, session)
        before = journal.save(after)
        session.containers[NEW].encryption = MADE
        session.containers[NEW].certificates = [b"somebody else's"]
        await self.cancelled(journal, session, before)
        assert NEW in session.containers
