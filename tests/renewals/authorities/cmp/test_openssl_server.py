"""The client with another's server: `openssl cmp`, which asks for polls and checks every MAC."""

from __future__ import annotations

import contextlib
import sys

import pytest
from certificate_maker import ec_key
from cmp_desk import CA, SECRET, der, issued, request
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from enrolments import WHO, Notes, application
from openssl_peer import openssl_server

from agent.renewals.authorities.authority import Pending
from agent.renewals.authorities.cmp.enrolment import CmpEnrolment
from agent.renewals.authorities.cmp.errors import CmpRefusedError, CmpUnprovedError
from agent.renewals.authorities.cmp.transaction import Stage, Transaction
from agent.renewals.steps.checks import CertificateRefusedError
from agent.settings.config import AuthoritySettings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs a network namespace")
NEW = issued()
WISH = application(WHO, request=request(), certificate=der(issued("old")))


@pytest.fixture
def openssl(tmp_path):
    """Give a client of `openssl cmp` as a server with these options; the MAC's secret is the client's."""

    @contextlib.asynccontextmanager
    async def started(options="-srv_ref server -srv_secret file:secret"):
        files = {
            "new.pem": NEW.public_bytes(Encoding.PEM),
            "ca.pem": CA.public_bytes(Encoding.PEM),
            "ca.key": ec_key("cmp-ca").private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ),
            "secret": SECRET.secret,
            "another": b"another secret",
        }
        with openssl_server(tmp_path, files, f"-rsp_cert new.pem {options}") as url:
            settings = AuthoritySettings(
                name="openssl", issuers=(), profile="cmp", user=SECRET.reference.decode(),
                url=url, path="/", password_file=tmp_path / "secret",
                trust_anchor=tmp_path / "ca.pem",
            )  # fmt: skip
            client = CmpEnrolment(settings)
            try:
                yield client
            finally:
                await client.close()

    return started


async def test_a_whole_transaction_with_polls(openssl):
    """What it polls for, the token has no part in: the request was signed before."""
    notes = Notes()
    options = "-srv_ref server -srv_secret file:secret -poll_count 2 -check_after 3"
    async with openssl(options) as client:
        with pytest.raises(Pending) as pending:
            await client.enrol(WISH, notes)
        assert pending.value.retry_after == 3
        got = await client.enrol(WISH, notes)
        assert got == der(NEW)
        await client.accept(WISH, notes, got, None)
    assert Transaction.read(notes.notes).stage is Stage.CONFIRMED


async def test_a_certificate_that_is_not_taken(openssl):
    notes = Notes()
    async with openssl() as client:
        got = await client.enrol(WISH, notes)
        await client.accept(WISH, notes, got, CertificateRefusedError(reason="another key"))
    assert Transaction.read(notes.notes).stage is Stage.CONFIRMED


async def test_another_secret(openssl):
    async with openssl("-srv_ref server -srv_secret file:another -send_unprot_err") as client:
        with pytest.raises(CmpUnprovedError):
            await client.enrol(WISH, Notes())


async def test_a_rejection_with_its_reason(openssl):
    options = "-srv_ref server -srv_secret file:secret -pkistatus 2 -failure 19 -statusstring not_this_year"
    async with openssl(options) as client:
        with pytest.raises(CmpRefusedError, match="not_this_year"):
            await client.enrol(WISH, Notes())


async def test_answers_that_the_authority_signs(openssl):
    """As servers do that are set up so: the secret proves the client, a signature the server."""
    notes = Notes()
    options = "-srv_secret file:secret -srv_cert ca.pem -srv_key ca.key"
    async with openssl(options) as client:
        assert await client.enrol(WISH, notes) == der(NEW)
