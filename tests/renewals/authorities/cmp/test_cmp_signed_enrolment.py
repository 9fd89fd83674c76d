"""Key updates: what is sent again and what is signed again, whatever is lost or said on the way."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from cmp_server import cmp_server, cp, error, later, lost, says_unprotected
from cmp_server import reply as reply_to
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from enrolments import WHO, Notes, application
from msgspec.structs import replace
from signing_token import LATER, NOW, Office, Token

from agent.certificates.names import issuer_of, subject_of
from agent.keys.der_writing import sequence
from agent.keys.schemes import signature_algorithm
from agent.renewals.authorities.authority import (
    AuthorityUnreachableError,
    Pending,
    SignatureNeeded,
)
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import Status, StatusInfo
from agent.renewals.authorities.cmp.errors import CmpRefusedError, CmpUnsignedError
from agent.renewals.authorities.cmp.key_update import read_key_update
from agent.renewals.authorities.cmp.messages import BodyKind, protected_part, written
from agent.renewals.authorities.cmp.protection import is_signed_with
from agent.renewals.authorities.cmp.signed_enrolment import CmpSignedEnrolment
from agent.renewals.authorities.cmp.signed_transaction import SignedStage, SignedTransaction
from agent.renewals.authorities.enrolment import SigningKey
from agent.renewals.steps.finality import is_final
from agent.settings.config import AuthoritySettings

OFFICE = Office("ec:secp256r1")
STRANGER = Office("ec:secp256r1")
OLD, NEW = SigningKey.OLD, SigningKey.NEW


def signs(kind, body, office=OFFICE, **facts):
    """The server answers so, and signs it."""

    def answer(asked):
        header = reply_to(asked, **facts)
        header = replace(header, algorithm=signature_algorithm(office.key.public.family))
        part = protected_part(header, kind, body)
        return written(part, office.key.sign(part))

    return answer


class Desk:
    """A token, the client, what it has noted, and the server it asks."""

    def __init__(self, server, client) -> None:
        self.server, self.client = server, client
        self.token, self.notes = Token("rsa:2048", "ec:secp256r1"), Notes()
        self.token.certify(OFFICE)
        self.wish = application(WHO, request=b"", certificate=self.token.certificate)

    async def begin(self) -> None:
        prepared = await self.client.prepare(self.wish, self.token, NOW)
        self.wish = application(
            WHO, request=prepared.request, certificate=self.token.certificate
        )  # fmt: skip
        self.notes.keep(prepared.exchange)

    async def sign(self) -> None:
        with pytest.raises(SignatureNeeded):
            await self.enrol()
        self.notes.keep(
            await self.client.sign_next(self.wish, self.token, self.notes.notes, NOW)
        )  # fmt: skip

    async def enrol(self) -> bytes:
        return await self.client.enrol(self.wish, self.notes)

    @property
    def transaction(self) -> SignedTransaction:
        return SignedTransaction.read(self.notes.notes)

    def time_goes_by(self) -> None:
        self.notes.keep(self.transaction.with_(ready=NOW).notes)


NEW_CERTIFICATE = OFFICE.certified(Token("rsa:2048", "rsa:2048").keys[NEW].public, LATER)
ISSUED = cp(StatusInfo(status=Status.ACCEPTED), NEW_CERTIFICATE)
GRANTED = signs(BodyKind.KUP, ISSUED, is_confirmed_implicitly=True)
WANTS_IT_CONFIRMED = signs(BodyKind.KUP, ISSUED)
WAITING = signs(BodyKind.KUP, cp(StatusInfo(status=Status.WAITING)))
LATER_STILL = signs(BodyKind.POLL_REP, bodies.Later(b"\x02\x01\x00", 7).der)
CONFIRMED = signs(BodyKind.PKICONF, bodies.PKICONF)
UNKNOWN = signs(BodyKind.ERROR, error("no such transaction", "badRequest"))


@pytest.fixture
def asking(tmp_path):
    """Give a desk whose server answers in the given manners."""

    @contextlib.asynccontextmanager
    async def started(*manners):
        anchor = tmp_path / "ca.pem"
        anchor.write_bytes(OFFICE.certificate.public_bytes(Encoding.PEM))
        async with cmp_server(*manners) as server:
            settings = AuthoritySettings(
                name="cmp", issuers=(), profile="cmp-signed", url=server.url, trust_anchor=anchor
            )
            client = CmpSignedEnrolment(settings)
            try:
                desk = Desk(server, client)
                await desk.begin()
                yield desk
            finally:
                await client.close()

    return started


async def test_the_request_says_who_asks_for_what(asking):
    async with asking(GRANTED) as desk:
        assert await desk.enrol() == NEW_CERTIFICATE
        [asked] = desk.server.asked
    certificate = x509.load_der_x509_certificate(desk.token.certificate)
    assert asked.kind is BodyKind.KUR
    assert is_signed_with(asked, certificate)
    assert asked.certificates == (desk.token.certificate,)
    assert asked.header.sender == subject_of(desk.token.certificate)
    assert asked.header.recipient == issuer_of(desk.token.certificate)
    assert asked.header.key_id == certificate.extensions.get_extension_for_class(
        x509.SubjectKeyIdentifier
    ).value.digest  # fmt: skip
    assert asked.header.is_confirmed_implicitly
    update = read_key_update(asked.body)
    assert (update.is_proved, update.subject) == (True, asked.header.sender)
    assert update.key == desk.token.keys[NEW].public
    # RFC 4055, 5: NULL must be there.
    assert asked.header.algorithm == bytes.fromhex("300d06092a864886f70d01010b0500")


async def test_what_was_granted_is_asked_for_and_confirmed_no_more(asking):
    async with asking(GRANTED) as desk:
        await desk.enrol()
        assert await desk.enrol() == NEW_CERTIFICATE
        await desk.client.accept(desk.wish, desk.notes, NEW_CERTIFICATE, None)
        notes = await desk.client.sign_next(desk.wish, desk.token, desk.notes.notes, NOW)
        assert notes == desk.notes.notes
        await desk.client.confirm(desk.wish, desk.notes)
        assert desk.server.kinds == ["KUR"]
    assert desk.token.signed == [NEW, OLD]


async def test_without_a_network_nothing_has_to_be_signed_again(asking):
    async with asking(GRANTED) as desk:
        url, desk.client._url = desk.client._url, "http://127.0.0.1:9"
        for _ in range(3):
            with pytest.raises(AuthorityUnreachableError):
                await desk.enrol()
        desk.client._url = url
        assert await desk.enrol() == NEW_CERTIFICATE
        assert desk.server.kinds == ["KUR"]
    assert desk.token.signed == [NEW, OLD]


@pytest.mark.parametrize("found", [GRANTED, WANTS_IT_CONFIRMED])
async def test_after_a_lost_answer_it_is_polled_for(asking, found):
    async with asking(lost, found) as desk:
        with pytest.raises(AuthorityUnreachableError):
            await desk.enrol()
        await desk.sign()
        assert await desk.enrol() == NEW_CERTIFICATE
        assert desk.server.kinds == ["KUR", "POLL_REQ"]
        assert len(desk.server.transactions) == 1


@pytest.mark.parametrize("says_so", [UNKNOWN, says_unprotected(BodyKind.ERROR, error())])
async def test_what_never_arrived_is_asked_for_anew_with_the_same_pin(asking, says_so):
    async with asking(lost, says_so, GRANTED) as desk:
        with pytest.raises(AuthorityUnreachableError):
            await desk.enrol()
        await desk.sign()
        signed = len(desk.token.signed)
        assert await desk.enrol() == NEW_CERTIFICATE
        assert desk.server.kinds == ["KUR", "POLL_REQ", "KUR"]
        assert len(desk.server.transactions) == 2
        assert len(desk.token.signed) == signed
        keys = [read_key_update(m.body).key for m in desk.server.asked if m.kind is BodyKind.KUR]
        assert keys[0] == keys[1]


@pytest.mark.parametrize("failure", ["transactionIdInUse", "badRecipientNonce"])
async def test_what_came_to_the_server_twice_is_polled_for_by_no_nonce(asking, failure):
    again = signs(BodyKind.ERROR, error("", failure))
    async with asking(again, WAITING, again, GRANTED) as desk:
        for _ in range(3):
            with contextlib.suppress(AuthorityUnreachableError, Pending):
                await desk.enrol()
            desk.time_goes_by()
            await desk.sign()
        assert await desk.enrol() == NEW_CERTIFICATE
        polls = [m.header.answers for m in desk.server.asked if m.kind is BodyKind.POLL_REQ]
        assert polls == [b"", b"s" * 16, b""]
        assert len(desk.server.transactions) == 1


async def test_a_confirmation_that_came_twice_was_heard(asking):
    async with asking(
        WANTS_IT_CONFIRMED, signs(BodyKind.ERROR, error("", "certConfirmed"))
    ) as desk:
        await desk.enrol()
        notes = await desk.client.sign_next(desk.wish, desk.token, desk.notes.notes, NOW)
        desk.notes.keep(notes)
        await desk.client.confirm(desk.wish, desk.notes)
        assert desk.transaction.stage is SignedStage.CONFIRMED


@pytest.mark.parametrize(
    "fault",
    [
        lost,
        signs(BodyKind.CP, ISSUED),
        signs(BodyKind.KUP, cp(StatusInfo(status=Status.ACCEPTED))),
        signs(BodyKind.KUP, sequence()),
        signs(BodyKind.POLL_REP, sequence()),
    ],
    ids=["lost", "of another kind", "without a certificate", "unreadable", "unreadable pause"],
)
async def test_a_server_with_a_fault_takes_no_pin_after_the_other(asking, fault):
    """The first loss may be chance; then the pauses grow, up to a day."""
    losses = 14
    async with asking(*([fault] * losses), GRANTED) as desk:
        pauses = []
        for number in range(losses):
            if number:
                desk.time_goes_by()
                await desk.sign()
            with pytest.raises(AuthorityUnreachableError):
                await desk.enrol()
            pauses.append((desk.transaction.ready - dt.datetime.now(dt.UTC)).total_seconds())
        assert pauses[0] <= 0
        assert 50 < pauses[1] <= 60
        rounded = [round(seconds) for seconds in pauses[1:]]
        assert rounded == sorted(rounded)
        assert pauses[-1] == pytest.approx(24 * 3600, rel=0.01)
        with pytest.raises(Pending):
            await desk.enrol()
        desk.time_goes_by()
        await desk.sign()
        assert await desk.enrol() == NEW_CERTIFICATE


async def test_a_pause_noted_while_the_clock_was_years_ahead_is_over(asking):
    async with asking(WAITING, GRANTED) as desk:
        with pytest.raises(Pending):
            await desk.enrol()
        ahead = desk.transaction.ready + dt.timedelta(days=3650)
        desk.notes.keep(desk.transaction.with_(ready=ahead).notes)
        await desk.sign()
        assert await desk.enrol() == NEW_CERTIFICATE


async def test_a_lost_answer_to_a_poll_is_polled_for_too(asking):
    async with asking(WAITING, lost, LATER_STILL, GRANTED) as desk:
        with pytest.raises(Pending):
            await desk.enrol()
        desk.time_goes_by()
        await desk.sign()
        with pytest.raises(AuthorityUnreachableError):
            await desk.enrol()
        desk.time_goes_by()
        await desk.sign()
        with pytest.raises(Pending) as pending:
            await desk.enrol()
        assert 6 < pending.value.retry_after <= 7
        with pytest.raises(Pending) as pending:  # nobody is asked for a PIN sooner
            await desk.enrol()
        assert 0 < pending.value.retry_after <= 7
        desk.time_goes_by()
        await desk.sign()
        assert await desk.enrol() == NEW_CERTIFICATE
        assert desk.server.kinds == ["KUR", "POLL_REQ", "POLL_REQ", "POLL_REQ"]
        assert len(desk.server.transactions) == 1
        polls = [m.header.answers for m in desk.server.asked[1:]]
        assert polls == [b"s" * 16, b"", b"s" * 16]


async def test_a_confirmation_whose_answer_is_lost_is_repeated_and_then_known(asking):
    heard = signs(BodyKind.ERROR, error("", "certConfirmed"))
    async with asking(WANTS_IT_CONFIRMED, lost, heard) as desk:
        await desk.enrol()
        notes = await desk.client.sign_next(desk.wish, desk.token, desk.notes.notes, NOW)
        desk.notes.keep(notes)
        with pytest.raises(AuthorityUnreachableError):
            await desk.client.confirm(desk.wish, desk.notes)
        await desk.client.confirm(desk.wish, desk.notes)
        assert desk.server.kinds == ["KUR", "CERT_CONF", "CERT_CONF"]
        told = bodies.read_confirmation(desk.server.asked[1].body)
        assert told.certificate_hash == bodies.certificate_hash(NEW_CERTIFICATE)
    assert desk.transaction.stage is SignedStage.CONFIRMED


async def test_a_confirmation_that_is_refused_at_once_is_the_last_word(asking):
    revoked = signs(BodyKind.ERROR, error("too late", "certRevoked"))
    async with asking(WANTS_IT_CONFIRMED, revoked) as desk:
        await desk.enrol()
        desk.notes.keep(
            await desk.client.sign_next(desk.wish, desk.token, desk.notes.notes, NOW)
        )  # fmt: skip
        with pytest.raises(CmpRefusedError, match="too late"):
            await desk.client.confirm(desk.wish, desk.notes)


@pytest.mark.parametrize(
    ("manner", "kind"),
    [
        (signs(BodyKind.KUP, cp(StatusInfo(text="not this year"))), CmpRefusedError),
        (signs(BodyKind.ERROR, error("not known")), CmpRefusedError),
        (says_unprotected(BodyKind.ERROR, error("not known")), CmpUnsignedError),
        (signs(BodyKind.ERROR, error("not known"), office=STRANGER), CmpUnsignedError),
    ],
    ids=["rejection", "error", "unprotected", "a stranger's"],
)
async def test_a_refusal_is_the_last_word(asking, manner, kind):
    async with asking(manner) as desk:
        with pytest.raises(CmpRefusedError, match="not") as refused:
            await desk.enrol()
    assert type(refused.value) is kind
    assert is_final(refused.value)


@pytest.mark.parametrize(
    "manner",
    [
        signs(BodyKind.KUP, ISSUED, office=STRANGER),
        signs(BodyKind.KUP, ISSUED, answers=b"x" * 16),
        signs(BodyKind.KUP, ISSUED, transaction=b"x" * 16),
        signs(BodyKind.CP, ISSUED),
        signs(BodyKind.ERROR, error("", "systemUnavail")),
        signs(BodyKind.ERROR, error("", "badTime")),
        later(3),
    ],
    ids=["a stranger's", "another message's", "another transaction's", "of another kind",
         "for now", "by a wrong clock", "a secret's"],
)  # fmt: skip
async def test_what_cannot_be_believed_is_asked_for_again(asking, manner):
    async with asking(manner) as desk:
        with pytest.raises(AuthorityUnreachableError):
            await desk.enrol()
        assert desk.transaction.stage is SignedStage.ASKED
        with pytest.raises(SignatureNeeded):
            await desk.enrol()


@pytest.mark.parametrize("notes", [b"", b"\x30\x82\x01\x00", b"\xff\xfe", b'{"id": 1}'])
async def test_another_protocols_notes_want_the_request_signed(asking, notes):
    """The authority's profile may be changed while a renewal is under way."""
    async with asking(GRANTED) as desk:
        desk.notes.keep(notes)
        await desk.sign()
        assert await desk.enrol() == NEW_CERTIFICATE
