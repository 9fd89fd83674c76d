"""The client: one transaction from request to confirmation, whatever is lost or said on the way."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from cmp_desk import CA, SECRET, der, header, issued, request
from cmp_server import (
    CERTIFICATE,
    CONFIRMED,
    ISSUED,
    WAITING,
    cmp_server,
    cp,
    error,
    later,
    lost,
    says,
    says_unprotected,
)
from cryptography.hazmat.primitives.serialization import Encoding
from enrolments import WHO, Notes, application

from agent.renewals.authorities.authority import (
    AuthorityRefusedError,
    AuthorityUnreachableError,
    ClockRefusedError,
    Credentials,
    Pending,
)
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import Status, StatusInfo
from agent.renewals.authorities.cmp.enrolment import CmpEnrolment
from agent.renewals.authorities.cmp.errors import (
    CmpRefusedError,
    CmpUnprovedError,
    SecretGoneError,
)
from agent.renewals.authorities.cmp.messages import BodyKind
from agent.renewals.authorities.cmp.protection import SharedSecret, mac_kind_of
from agent.renewals.authorities.cmp.transaction import Stage, Transaction
from agent.renewals.authorities.http import DEFAULT_RETRY_SECONDS
from agent.renewals.steps.checks import CertificateRefusedError
from agent.renewals.steps.finality import is_final
from agent.settings.config import AuthoritySettings

WISH = application(WHO, request=request(), certificate=der(issued("old")))
REJECTED = says(BodyKind.CP, cp(StatusInfo(text="not this year")))
PUT_OFF = says(BodyKind.ERROR, bodies.error_content(StatusInfo(status=Status.WAITING)))
ANOTHER = SharedSecret(b"server", b"another secret")


@pytest.fixture
def asking(tmp_path):
    """Give a client and its server, which answers in the given manners."""

    @contextlib.asynccontextmanager
    async def started(*manners, **settings):
        anchor, secret = tmp_path / "ca.pem", tmp_path / "secret"
        anchor.write_bytes(CA.public_bytes(Encoding.PEM))
        secret.write_bytes(SECRET.secret + b"\n")
        async with cmp_server(*manners) as server:
            values = {
                "user": SECRET.reference.decode(), "password_file": secret, "trust_anchor": anchor,
                "url": server.url, **settings,
            }  # fmt: skip
            client = CmpEnrolment(
                AuthoritySettings(name="cmp", issuers=(), profile="cmp", **values)
            )
            client.server = server
            try:
                yield client
            finally:
                await client.close()

    return started


async def test_a_certificate_that_is_there_at_once_is_confirmed(asking):
    notes = Notes()
    async with asking(ISSUED, CONFIRMED) as client:
        assert await client.enrol(WISH, notes) == CERTIFICATE
        await client.accept(WISH, notes, CERTIFICATE, None)
        asked, confirmed = client.server.asked
    assert (asked.kind, asked.body) == (BodyKind.P10CR, WISH.request)
    assert SECRET.has_protected(asked)
    told = bodies.read_confirmation(confirmed.body)
    assert (told.certificate_hash, told.refusal) == (bodies.certificate_hash(CERTIFICATE), None)
    assert confirmed.header.answers == b"s" * 16
    assert confirmed.header.nonce != asked.header.nonce
    assert Transaction.read(notes.notes).stage is Stage.CONFIRMED


async def test_it_goes_to_the_configured_path_on_a_connection_of_its_own(asking):
    async with asking(ISSUED, path="/ejbca/publicweb/cmp/renewals") as client:
        await client.enrol(WISH, Notes())
        [head] = client.server.heads
    assert head.startswith(b"POST /ejbca/publicweb/cmp/renewals HTTP/1.1\r\n")
    assert b"connection: close" in head.lower()
    assert b"content-type: application/pkixcmp" in head.lower()


async def test_a_renewal_has_the_secret_that_was_handed_out_for_it(asking):
    wish = application(
        WHO, request=request(), certificate=WISH.certificate,
        handed_out=Credentials(SECRET.reference.decode(), SECRET.secret.decode()),
    )  # fmt: skip
    async with asking(ISSUED, user="", password_file=None) as client:
        assert client.asks_for_secret
        assert await client.enrol(wish, Notes()) == CERTIFICATE
        [asked] = client.server.asked
    assert SECRET.has_protected(asked)
    assert asked.header.key_id == SECRET.reference


@pytest.mark.parametrize("handed_out", [None, Credentials("r", SECRET.secret.decode())])
@pytest.mark.parametrize("mac", ["pbm", "pbmac1"])
async def test_the_secret_protects_as_the_configuration_says(asking, mac, handed_out):
    """Whatever the server's answers have."""
    wish = application(WHO, request=request(), certificate=WISH.certificate, handed_out=handed_out)
    login = {} if handed_out is None else {"user": "", "password_file": None}
    async with asking(ISSUED, CONFIRMED, mac=mac, **login) as client:
        notes = Notes()
        await client.accept(wish, notes, await client.enrol(wish, notes), None)
        assert {mac_kind_of(asked) for asked in client.server.asked} == {mac}
        assert all(SECRET.has_protected(asked) for asked in client.server.asked)


@pytest.mark.parametrize("notes", [b"", b"\x30\x82\x01\x00", b"\xff\xfe", b'{"id": 1}'])
async def test_another_protocols_notes_begin_a_transaction(asking, notes):
    """The authority's profile may be changed while a renewal is under way."""
    async with asking(ISSUED) as client:
        assert await client.enrol(WISH, Notes(notes)) == CERTIFICATE


async def test_a_secret_that_has_gone_from_the_configuration_is_missed(asking):
    async with asking(user="", password_file=None) as client:
        with pytest.raises(SecretGoneError) as gone:
            await client.enrol(WISH, Notes())
        assert client.server.asked == []
    assert not is_final(gone.value)


async def test_one_that_waits_is_polled_for_as_late_as_the_server_says(asking):
    notes = Notes()
    async with asking(WAITING, later(7), later(9), ISSUED) as client:
        for seconds in (7.0, 9.0):
            with pytest.raises(Pending) as pending:
                await client.enrol(WISH, notes)
            assert pending.value.retry_after == seconds
        assert await client.enrol(WISH, notes) == CERTIFICATE
        assert client.server.kinds == ["P10CR", "POLL_REQ", "POLL_REQ", "POLL_REQ"]
        assert len(client.server.transactions) == 1
        assert {m.header.answers for m in client.server.asked[1:]} == {b"s" * 16}
    assert await client.enrol(WISH, notes) == CERTIFICATE  # known by now: nobody is asked


@pytest.mark.parametrize(("seconds", "pause"), [(0, 1.0), (10**9, 24 * 3600.0)])
async def test_the_pause_has_bounds(asking, seconds, pause):
    async with asking(WAITING, later(seconds)) as client:
        with pytest.raises(Pending) as pending:
            await client.enrol(WISH, Notes())
    assert pending.value.retry_after == pause


@pytest.mark.parametrize("first", [WAITING, PUT_OFF], ids=["cp", "error"])
@pytest.mark.parametrize("second", [WAITING, PUT_OFF], ids=["cp", "error"])
async def test_waiting_is_understood_however_it_is_said(asking, first, second):
    """RFC 9483, 4.4: a message may be put off by an error whose status is waiting."""
    notes = Notes()
    async with asking(first, second, ISSUED) as client:
        with pytest.raises(Pending) as pending:
            await client.enrol(WISH, notes)
        assert pending.value.retry_after == DEFAULT_RETRY_SECONDS
        assert await client.enrol(WISH, notes) == CERTIFICATE
        assert len(client.server.transactions) == 1


@pytest.mark.parametrize("failure", ["transactionIdInUse", "badRecipientNonce"])
async def test_what_came_to_the_server_twice_is_polled_for_by_no_nonce(asking, failure):
    """A proxy may have repeated it: the first answer is lost, the second is an error."""
    again = says(BodyKind.ERROR, error("", failure))
    async with asking(again, WAITING, again, ISSUED, CONFIRMED) as client:
        notes = Notes()
        for _ in range(3):
            with contextlib.suppress(AuthorityUnreachableError, Pending):
                await client.enrol(WISH, notes)
        assert await client.enrol(WISH, notes) == CERTIFICATE
        await client.accept(WISH, notes, CERTIFICATE, None)
        assert len(client.server.transactions) == 1
        polls = [m.header.answers for m in client.server.asked if m.kind is BodyKind.POLL_REQ]
        assert polls == [b"", b"s" * 16, b""]


async def test_an_unproved_word_that_it_came_twice_is_none(asking):
    unproved = says_unprotected(BodyKind.ERROR, error("", "transactionIdInUse"))
    async with asking(unproved) as client:
        with pytest.raises(CmpUnprovedError):
            await client.enrol(WISH, Notes())


@pytest.mark.parametrize("proved", [True, False])
async def test_a_confirmation_that_came_twice_was_heard(asking, proved):
    content = error("", "certConfirmed")
    says_so = says(BodyKind.ERROR, content) if proved else says_unprotected(BodyKind.ERROR, content)
    async with asking(ISSUED, says_so) as client:
        notes = Notes()
        await client.enrol(WISH, notes)
        if proved:
            await client.accept(WISH, notes, CERTIFICATE, None)
        else:
            with pytest.raises(CmpUnprovedError):
                await client.accept(WISH, notes, CERTIFICATE, None)


async def test_a_lost_answer_is_polled_for(asking):
    notes = Notes()
    async with asking(lost, ISSUED) as client:
        with pytest.raises(AuthorityUnreachableError):
            await client.enrol(WISH, notes)
        assert await client.enrol(WISH, notes) == CERTIFICATE
        assert client.server.kinds == ["P10CR", "POLL_REQ"]
        assert len(client.server.transactions) == 1


@pytest.mark.parametrize(
    "forgotten",
    [says(BodyKind.ERROR, error("unknown transaction")), says_unprotected(BodyKind.ERROR, error())],
)
@pytest.mark.parametrize("before", [[lost], [WAITING, lost]])
async def test_where_the_server_has_no_answer_to_that_another_transaction_asks_the_same(
    asking, before, forgotten
):
    notes = Notes()
    async with asking(*before, forgotten, ISSUED) as client:
        with pytest.raises(AuthorityUnreachableError):
            await client.enrol(WISH, notes)
        assert await client.enrol(WISH, notes) == CERTIFICATE
        assert len(client.server.transactions) == 2
        last = client.server.asked[-1]
        assert (last.kind, last.body) == (BodyKind.P10CR, WISH.request)


@pytest.mark.parametrize(
    "manners",
    [
        [REJECTED],
        [WAITING, REJECTED],
        [says(BodyKind.ERROR, error("not this year"))],
        [WAITING, says(BodyKind.ERROR, error("not this year"))],
    ],
)
async def test_a_rejection_is_the_last_word(asking, manners):
    async with asking(*manners) as client:
        with pytest.raises(CmpRefusedError, match="not this year") as refused:
            await client.enrol(WISH, Notes())
    assert is_final(refused.value)
    assert not isinstance(refused.value, CmpUnprovedError)


@pytest.mark.parametrize(
    "unproved",
    [
        says_unprotected(BodyKind.ERROR, error("badMessageCheck")),
        says(BodyKind.ERROR, error("badMessageCheck"), ANOTHER),
        lambda _asked: ANOTHER.protected(
            header(transaction=b""), BodyKind.ERROR, error("badMessageCheck")
        ),
    ],
    ids=["unprotected", "other secret", "of no transaction"],
)
async def test_an_error_that_proves_nothing_is_final_and_says_so(asking, unproved):
    """RFC 9483, 3.6: a server that knows another secret, or none, cannot prove its refusal."""
    async with asking(unproved) as client:
        with pytest.raises(CmpUnprovedError, match="badMessageCheck") as refused:
            await client.enrol(WISH, Notes())
    assert is_final(refused.value)


@pytest.mark.parametrize("failure", ["systemUnavail", "systemFailure"])
async def test_a_server_in_trouble_is_asked_again_later(asking, failure):
    notes = Notes()
    trouble = says(BodyKind.ERROR, error("", failure))
    async with asking(trouble, says(BodyKind.ERROR, error()), ISSUED) as client:
        with pytest.raises(AuthorityUnreachableError, match=failure):
            await client.enrol(WISH, notes)
        assert await client.enrol(WISH, notes) == CERTIFICATE


async def test_a_computer_whose_clock_is_wrong_loses_no_renewal_for_it(asking):
    """RFC 9810, 5.2.3: badTime says that messageTime was not close enough to the server's time."""
    notes = Notes()
    too_far = says(BodyKind.ERROR, error("", "badTime"))
    async with asking(too_far, too_far, says(BodyKind.ERROR, error()), ISSUED) as client:
        for _ in range(2):
            with pytest.raises(ClockRefusedError, match="badTime") as refused:
                await client.enrol(WISH, notes)
            assert not is_final(refused.value)
        assert await client.enrol(WISH, notes) == CERTIFICATE


TOLD = dt.datetime(2025, 3, 7, 2, tzinfo=dt.UTC)
TAKEN = StatusInfo(status=Status.ACCEPTED)


@pytest.mark.parametrize(
    ("manner", "is_believed"),
    [
        (says(BodyKind.CP, cp(TAKEN, CERTIFICATE), time=TOLD), True),
        (says(BodyKind.CP, cp(TAKEN, CERTIFICATE)), False),
        (says(BodyKind.CP, cp(TAKEN, CERTIFICATE), ANOTHER, time=TOLD), False),
    ],
    ids=["protected", "none", "of who knows another secret"],
)
async def test_a_server_tells_its_time_in_what_it_protects(asking, manner, is_believed):
    """RFC 9810, 5.1.1: messageTime. Not every CMP server has HTTP's Date."""
    async with asking(manner) as client:
        with contextlib.suppress(AuthorityUnreachableError):
            await client.enrol(WISH, Notes())
        assert (client._told is not None) is is_believed
        assert not is_believed or await client.time() - TOLD < dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    "forged",
    [
        says_unprotected(BodyKind.CP, cp(StatusInfo(), CERTIFICATE)),
        says(BodyKind.CP, cp(StatusInfo()), ANOTHER),
        says(BodyKind.CP, cp(StatusInfo()), answers=b"x" * 16),
        says(BodyKind.CP, cp(StatusInfo()), transaction=b"x" * 16),
        says(BodyKind.PKICONF, bodies.PKICONF),
        says(BodyKind.CP, b"\x30\x00"),
        lambda _asked: b"<html>",
        lambda asked: SECRET.protected(asked.header, BodyKind.P10CR, asked.body),
    ],
    ids=[
        "unprotected", "other secret", "replayed", "other transaction", "other kind", "unreadable body",
        "no message", "our own",
    ],
)  # fmt: skip
async def test_what_cannot_be_believed_is_no_answer(asking, forged):
    """Nothing is taken from it: the transaction stands where it stood, and is asked about again."""
    notes = Notes()
    async with asking(forged, ISSUED) as client:
        with pytest.raises(AuthorityUnreachableError):
            await client.enrol(WISH, notes)
        assert Transaction.read(notes.notes).stage is Stage.ASKED
        assert await client.enrol(WISH, notes) == CERTIFICATE
        assert client.server.kinds == ["P10CR", "POLL_REQ"]


async def test_nothing_is_sent_that_could_not_be_noted(asking):
    class Full(Notes):
        def keep(self, _notes):
            raise OSError

    async with asking(ISSUED) as client:
        with pytest.raises(OSError):
            await client.enrol(WISH, Full())
        with pytest.raises(OSError):
            await client.accept(WISH, Full(), CERTIFICATE, None)
        assert client.server.asked == []


async def test_the_server_hears_why_a_certificate_is_refused(asking):
    notes = Notes()
    refusal = CertificateRefusedError(reason="it is for another key")
    async with asking(ISSUED, CONFIRMED) as client:
        await client.enrol(WISH, notes)
        await client.accept(WISH, notes, CERTIFICATE, refusal)
        told = bodies.read_confirmation(client.server.asked[-1].body)
    assert "it is for another key" in (told.refusal or "")


async def test_a_confirmation_whose_answer_was_lost_is_repeated_and_then_believed(asking):
    notes = Notes()
    known = says(BodyKind.ERROR, error("", "certConfirmed"))
    async with asking(ISSUED, lost, known) as client:
        await client.enrol(WISH, notes)
        with pytest.raises(AuthorityUnreachableError):
            await client.accept(WISH, notes, CERTIFICATE, None)
        await client.accept(WISH, notes, CERTIFICATE, None)
        await client.accept(WISH, notes, CERTIFICATE, None)  # heard: nobody is told again
        assert client.server.kinds == ["P10CR", "CERT_CONF", "CERT_CONF"]


async def test_what_is_no_confirmation_is_not_taken_for_one(asking):
    notes = Notes()
    async with asking(ISSUED, ISSUED, CONFIRMED) as client:
        await client.enrol(WISH, notes)
        with pytest.raises(AuthorityUnreachableError, match="CP"):
            await client.accept(WISH, notes, CERTIFICATE, None)
        await client.accept(WISH, notes, CERTIFICATE, None)
    assert Transaction.read(notes.notes).stage is Stage.CONFIRMED


async def test_a_confirmation_that_is_refused_the_first_time_is_said(asking):
    notes = Notes()
    async with asking(ISSUED, says(BodyKind.ERROR, error("too late"))) as client:
        await client.enrol(WISH, notes)
        with pytest.raises(AuthorityRefusedError, match="too late"):
            await client.accept(WISH, notes, CERTIFICATE, None)
