"""Key updates with another's server: `openssl cmp`, which checks the signatures of both keys."""

from __future__ import annotations

import contextlib
import sys

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from enrolments import WHO, Notes, application
from openssl_peer import openssl_server
from signing_token import NOW, Office, Token

from agent.renewals.authorities.authority import Pending, SignatureNeeded
from agent.renewals.authorities.cmp.errors import CmpRefusedError
from agent.renewals.authorities.cmp.signed_enrolment import CmpSignedEnrolment
from agent.renewals.authorities.cmp.signed_transaction import SignedStage, SignedTransaction
from agent.renewals.authorities.enrolment import SigningKey
from agent.settings.config import AuthoritySettings
from sandbox.private_keys import private_pem

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a network namespace")
OLD, NEW = SigningKey.OLD, SigningKey.NEW
KINDS = [("rsa:2048", "rsa:2048"), ("ec:secp256r1", "rsa:2048"), ("rsa:2048", "ec:secp384r1")]


class Asking:
    """A token, its client, and what the client has noted."""

    def __init__(self, client, token: Token) -> None:
        self.client, self.token, self.notes = client, token, Notes()
        self.wish = application(WHO, request=b"", certificate=token.certificate)

    async def sign(self) -> None:
        """The first PIN, or another."""
        if not self.wish.request:
            prepared = await self.client.prepare(self.wish, self.token, NOW)
            self.wish = application(
                WHO, request=prepared.request, certificate=self.token.certificate
            )
            self.notes.keep(prepared.exchange)
            return
        notes = await self.client.sign_next(self.wish, self.token, self.notes.notes, NOW)
        self.notes.keep(notes)

    async def enrol(self) -> bytes:
        return await self.client.enrol(self.wish, self.notes)

    @property
    def stage(self) -> SignedStage:
        return SignedTransaction.read(self.notes.notes).stage

    def is_ready(self) -> None:
        """Time goes by."""
        transaction = SignedTransaction.read(self.notes.notes)
        self.notes.keep(transaction.with_(ready=NOW).notes)


@pytest.fixture(params=["rsa:3072", "ec:secp256r1"])
def office(request):
    return Office(request.param)


@pytest.fixture
def openssl(tmp_path, office):
    """Give a token that asks `openssl cmp`, which has these options."""

    @contextlib.asynccontextmanager
    async def started(options="-grant_implicitconf", kinds=KINDS[0]):
        token = Token(*kinds)
        old = token.certify(office)
        pem = office.certificate.public_bytes(Encoding.PEM)
        files = {"old.der": old, "ca.pem": pem, "ca.key": private_pem(office.key)}
        server = (
            "-rsp_cert old.der -srv_cert ca.pem -srv_key ca.key -srv_trusted ca.pem "
            f"-ignore_keyusage {options}"
        )
        with openssl_server(tmp_path, files, server) as url:
            settings = AuthoritySettings(
                name="openssl", issuers=(), profile="cmp-signed", url=url, path="/",
                trust_anchor=tmp_path / "ca.pem",
            )  # fmt: skip
            client = CmpSignedEnrolment(settings)
            try:
                yield Asking(client, token)
            finally:
                await client.close()

    return started


@pytest.mark.parametrize("kinds", KINDS, ids=" to ".join)
async def test_one_pin_is_enough_where_the_answer_comes_at_once(openssl, kinds):
    async with openssl(kinds=kinds) as asking:
        await asking.sign()
        assert await asking.enrol() == asking.token.certificate  # this server has no other
        assert asking.token.signed == [NEW, OLD]
        assert asking.stage is SignedStage.CONFIRMED


async def test_a_confirmation_is_signed_where_the_server_wants_one(openssl):
    async with openssl("") as asking:
        await asking.sign()
        await asking.enrol()
        assert asking.stage is SignedStage.ISSUED
        await asking.sign()
        await asking.client.confirm(asking.wish, asking.notes)
        assert asking.token.signed == [NEW, OLD, OLD]
        assert asking.stage is SignedStage.CONFIRMED


async def test_each_poll_is_signed_anew(openssl):
    async with openssl("-poll_count 2 -check_after 7") as asking:
        await asking.sign()
        with pytest.raises(Pending):
            await asking.enrol()
        for _ in range(2):
            with pytest.raises(Pending):  # not before the server wants it
                await asking.enrol()
            asking.is_ready()
            with pytest.raises(SignatureNeeded):
                await asking.enrol()
            await asking.sign()
            with contextlib.suppress(Pending):
                await asking.enrol()
        assert await asking.enrol() == asking.token.certificate
        assert asking.token.signed == [NEW, OLD, OLD, OLD]


async def test_a_rejection_with_its_reason(openssl):
    options = "-pkistatus 2 -failure 19 -statusstring not_this_year"
    async with openssl(options) as asking:
        await asking.sign()
        with pytest.raises(CmpRefusedError, match="not_this_year"):
            await asking.enrol()
