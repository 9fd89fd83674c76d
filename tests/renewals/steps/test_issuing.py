"""Issuing with an enrolment that remembers and confirms, and without anybody who reviews."""

from __future__ import annotations

import datetime as dt
import hashlib
from contextlib import closing, suppress
from types import SimpleNamespace

import msgspec
import pytest
from certificate_maker import ec_key, make_x509
from confirming import CA, Confirming, Server
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from renewal_maker import NOW, PRIVATE, new_renewal

from agent.renewals.authorities.authority import AuthorityRefusedError, AuthorityUnreachableError
from agent.renewals.authorities.cmp.bodies import certificate_hash
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.keeping import Keeper
from agent.renewals.journal.states import State
from agent.renewals.steps.checks import CertificateRefusedError
from agent.renewals.steps.finality import is_final
from agent.renewals.steps.steps import advance
from agent.system.files import NotSavedError

OLD = make_x509()
OLD_OF_VERSION_4 = OLD.public_bytes(Encoding.DER).replace(
    b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03", 1
)
REQUEST = (
    x509.CertificateSigningRequestBuilder()
    .subject_name(OLD.subject)
    .sign(ec_key("new"), hashes.SHA256())
)
PROVED = msgspec.structs.replace(
    PRIVATE,
    certificate=OLD.public_bytes(Encoding.DER),
    request=REQUEST.public_bytes(Encoding.DER),
    new_certificate=b"",
)


class Killed(BaseException):
    """The agent was killed."""


class Killer:
    """Kills at the ``at``-th passing; 0 never."""

    def __init__(self, at: int = 0) -> None:
        self.passed = 0
        self._at = at

    def passing(self) -> None:
        self.passed += 1
        if self.passed == self._at:
            raise Killed


def issuing(**changes):
    values = {"state": State.ISSUING, "policy": Policy(authority="样例服务商"), "private": PROVED}
    return new_renewal(**{**values, **changes})


def context_of(journal, enrolment, *, dossier=None, passing=lambda: None):
    def save(renewal):
        passing()
        saved = journal.save(renewal)
        passing()
        return saved

    return SimpleNamespace(
        signed=None,
        enrolment=enrolment,
        dossier=dossier,
        issuers=(CA,),
        clock=lambda: NOW,
        save=save,
        abandoned_after=dt.timedelta(days=30),
    )


@pytest.fixture
def journal(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        yield journal


async def renewed(journal, killer):
    """Renew up to the installation, once more after a kill; return the renewal and the server."""
    server = Server(killer.passing)
    renewal = journal.add(issuing())
    while renewal.state is State.ISSUING:
        context = context_of(journal, Confirming(server), passing=killer.passing)
        with suppress(Killed):
            await advance(context, renewal)
        renewal = journal.get(renewal.id)
    return renewal, server


async def test_wherever_the_agent_is_killed_there_is_one_certificate_and_it_is_confirmed(journal):
    undisturbed = Killer()
    await renewed(journal, undisturbed)
    assert undisturbed.passed > 10
    for at in range(1, undisturbed.passed + 1):
        renewal, server = await renewed(journal, Killer(at))
        [(transaction, certificate)] = server.issued.items()
        assert renewal.private.new_certificate == certificate, at
        assert server.heard == {transaction: ""}, at


async def test_what_is_noted_is_on_the_disk_before_the_server_is_asked(tmp_path, journal, vault):
    renewal = journal.add(issuing())
    seen = []

    class Looking(Server):
        def ask(self, transaction, request):
            with closing(Journal(tmp_path / "renewals.sqlite", vault)) as other:
                seen.append(transaction in other.get(renewal.id).private.exchange)
            return super().ask(transaction, request)

    await advance(context_of(journal, Confirming(Looking())), renewal)
    assert seen == [True]


async def test_where_the_disk_takes_no_notes_nothing_is_asked(journal):
    server, renewal = Server(), journal.add(issuing())
    journal._database.execute(
        "CREATE TRIGGER full BEFORE UPDATE ON renewal BEGIN SELECT RAISE(ABORT, 'full'); END"
    )
    with pytest.raises(NotSavedError):
        await advance(context_of(journal, Confirming(server)), renewal)
    assert server.issued == {}
    assert journal.get(renewal.id) == renewal


async def test_why_a_certificate_is_not_installed_is_heard_by_who_issued_it(journal):
    server = Server(subject=CA.subject)
    with pytest.raises(CertificateRefusedError) as caught:
        await advance(context_of(journal, Confirming(server)), journal.add(issuing()))
    assert list(server.heard.values()) == [str(caught.value)]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (AuthorityRefusedError(reason="I do not care"), CertificateRefusedError),
        (AuthorityUnreachableError(reason="away"), AuthorityUnreachableError),
    ],
)
async def test_a_person_is_told_what_is_wrong_once_the_authority_has_had_its_say(
    journal, said, told
):
    server = Server(subject=CA.subject)

    class Deaf(Confirming):
        async def accept(self, *_arguments):
            raise said

    with pytest.raises(told):
        await advance(context_of(journal, Deaf(server)), journal.add(issuing()))


@pytest.mark.parametrize("sent", [b"", b"\x30\x00", b"\x30\x03\x02\x01\x01", OLD_OF_VERSION_4])
async def test_what_is_no_certificate_is_refused_with_words_and_nothing_is_asked_again(
    journal, sent
):
    class Sending(Confirming):
        async def enrol(self, _application, _exchange):
            return sent

        async def accept(self, _application, _exchange, certificate, refusal):
            heard.append((certificate_hash(certificate), str(refusal)))

    heard = []
    with pytest.raises(CertificateRefusedError, match="it is damaged") as caught:
        await advance(context_of(journal, Sending(Server())), journal.add(issuing()))
    assert is_final(caught.value)
    assert heard == [(hashlib.sha256(sent).digest(), str(caught.value))]


@pytest.mark.parametrize("state", [State.SUBMITTED, State.REVIEWING, State.APPROVED])
async def test_where_nobody_reviews_a_renewal_goes_straight_on_to_its_certificate(journal, state):
    renewal = journal.add(issuing(state=state))
    assert (await advance(context_of(journal, None), renewal)).state is State.ISSUING


async def test_where_nobody_reviews_there_is_nobody_to_confirm_to_or_to_withdraw_from(journal):
    context = context_of(journal, None)
    proved = journal.add(issuing(state=State.INSTALLING, is_proved=True))
    assert (await advance(context, proved)).state is State.INSTALLED
    unwanted = journal.add(issuing(is_withdrawing=True))
    assert (await advance(context, unwanted)).state is State.CANCELLED


async def test_where_nobody_reviews_a_refusal_is_the_enrolments(journal):
    class Refusing:
        async def enrol(self, _application, _exchange):
            raise AuthorityRefusedError(reason="no")

    with pytest.raises(AuthorityRefusedError):
        await advance(context_of(journal, Refusing()), journal.add(issuing()))


async def test_a_renewal_that_has_ended_keeps_no_notes(journal):
    keeper = Keeper(journal, SimpleNamespace(forget=lambda _: None), SimpleNamespace(publish=print))
    renewal = journal.add(issuing(private=msgspec.structs.replace(PROVED, exchange=b"notes")))
    assert keeper.save(renewal.moved(State.CANCELLED, NOW)).private.exchange == b""
