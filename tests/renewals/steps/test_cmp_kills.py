"""A renewal by CMP at the sandbox, struck at each of its saves and messages: one certificate, confirmed."""

from __future__ import annotations

import datetime as dt
from contextlib import closing, suppress
from types import SimpleNamespace

import msgspec
import pytest
from certificate_maker import ec_key
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from renewal_maker import PRIVATE, new_renewal
from sandbox_desk import certify, make_csr

from agent.network.reader import Answer
from agent.renewals.authorities.authority import AuthorityUnreachableError
from agent.renewals.authorities.cmp.enrolment import CmpEnrolment
from agent.renewals.authorities.cmp.transaction import Transaction
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.states import State
from agent.renewals.steps.context import Wait
from agent.renewals.steps.steps import advance
from agent.settings.config import AuthoritySettings
from sandbox.authority.ca import Authority
from sandbox.authority.cmp_users import CmpUsers, hand_out
from sandbox.authority.ledger import Ledger
from sandbox.authority.rules.behaviour import DEFAULT_POLICY, Rules
from sandbox.authority.rules.days import utc_now
from sandbox.authority.rules.records import CmpUser
from sandbox.authority.store import Store
from sandbox.home import Home
from sandbox.server.cmp import Cmp

KINDS = msgspec.structs.replace(DEFAULT_POLICY, key_types=("ec:secp256r1",))
GIVEN = {"reference": "7", "shared_secret": "the secret"}


class Killed(BaseException):
    """The agent was killed."""


class Striker:
    """Does its harm at the ``at``-th passing; 0 never."""

    def __init__(self, at: int = 0, harm: type[BaseException] = Killed) -> None:
        self.passed = 0
        self._at, self._harm = at, harm

    def passing(self) -> None:
        self.passed += 1
        if self.passed == self._at:
            if self._harm is AuthorityUnreachableError:
                raise AuthorityUnreachableError(reason="the line is dead")
            raise self._harm


class Office:
    """A sandbox's CMP service, whose clock goes on by a second whenever it is looked at."""

    def __init__(self, folder) -> None:
        home = Home.opened(folder / "sandbox")
        self.old = certify(home, ec_key("old"), expired_days=9)
        authority, self.store = Authority.opened(home, utc_now()), Store(home.database)
        self._ticks = 0
        ledger = Ledger(self.store, Rules(policy=KINDS), self._clock)
        self.service = Cmp(CmpUsers(ledger, authority), authority)
        uscc = self.old.organisation.uscc
        user = CmpUser(reference="7", secret="the secret", uscc=uscc, pending_seconds=4)
        hand_out(self.store, user)
        self.issuers = (authority.certificate,)
        self.request = make_csr(ec_key("new"), self.old.certificate.subject)
        settings = AuthoritySettings(
            name="office", issuers=(), profile="cmp", url="http://127.0.0.1:9",
            trust_anchor=home.trust_anchor,
        )  # fmt: skip
        self.settings = settings

    def _clock(self) -> dt.datetime:
        self._ticks += 1
        return utc_now() + dt.timedelta(seconds=self._ticks)


class Reaching(CmpEnrolment):
    """The client, whose messages come to the service without a network."""

    def __init__(self, office: Office, striker: Striker) -> None:
        super().__init__(office.settings)
        self._office, self._striker = office, striker

    async def _ask(self, _method, _path, *, content, **_rest):
        self._striker.passing()
        answer = self._office.service.answered(content)
        self._striker.passing()
        return Answer(200, {}, answer)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def journal(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        yield journal


async def renewed(office, journal, striker, saves):
    """Renew up to the installation, going on after whatever harm; return the renewal."""
    der = office.old.certificate.public_bytes(Encoding.DER)
    private = msgspec.structs.replace(
        PRIVATE, certificate=der, request=office.request, new_certificate=b"", **GIVEN
    )
    policy = Policy(authority="office")
    renewal = journal.add(new_renewal(state=State.ISSUING, policy=policy, private=private))

    def save(changed):  # a kill before it is one after what came before
        saved = journal.save(changed)
        saves()
        return saved

    context = SimpleNamespace(
        dossier=None, issuers=office.issuers, clock=utc_now, save=save,
        abandoned_after=dt.timedelta(days=30),
    )  # fmt: skip
    while renewal.state is State.ISSUING:
        context.enrolment = Reaching(office, striker)
        with suppress(Killed, AuthorityUnreachableError, Wait):
            await advance(context, renewal)
        renewal = journal.get(renewal.id)
    return renewal


def check(office, renewal):
    """What is to be installed was issued for this key, is good, and is known to be taken."""
    certificate = x509.load_der_x509_certificate(renewal.private.new_certificate)
    assert certificate.public_key() == ec_key("new").public_key()
    transaction_id = Transaction.read(renewal.private.exchange).id.hex()
    with office.store.transaction() as transaction:
        found = transaction.cmp_transaction(transaction_id)
        issued = transaction.certificate(found.certificate_sha256)
    assert (found.is_confirmed, issued.revoked_at) == (True, None)
    assert issued.der == renewal.private.new_certificate


async def test_wherever_the_agent_is_killed_the_certificate_is_there_and_confirmed(office, journal):
    undisturbed = Striker()
    check(office, await renewed(office, journal, undisturbed, undisturbed.passing))
    assert undisturbed.passed > 15
    for at in range(1, undisturbed.passed + 1):
        striker = Striker(at)
        check(office, await renewed(office, journal, striker, striker.passing))


async def test_whichever_message_or_answer_is_lost_the_certificate_is_there_and_confirmed(
    office, journal
):
    undisturbed = Striker()
    await renewed(office, journal, undisturbed, lambda: None)
    for at in range(1, undisturbed.passed + 1):
        striker = Striker(at, AuthorityUnreachableError)
        check(office, await renewed(office, journal, striker, lambda: None))
