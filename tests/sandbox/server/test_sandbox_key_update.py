"""Key updates at the sandbox: by `openssl cmp`, and by the agent's own client with keys of every kind."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sandbox_desk import Desk, certify, new_rsa_key, running_desk, sandbox_cli

from sandbox.home import Home

sys.path.insert(0, str(Path(__file__).parents[2] / "renewals"))
sys.path.insert(0, str(Path(__file__).parents[2] / "renewals/authorities/cmp"))
sys.path.insert(0, str(Path(__file__).parents[2] / "certificates"))

from enrolments import WHO, Notes, application
from signing_token import NOW, Office, Token

from agent.renewals.authorities.authority import Pending, SignatureNeeded
from agent.renewals.authorities.cmp.errors import CmpRefusedError, CmpUnsignedError
from agent.renewals.authorities.cmp.signed_enrolment import CmpSignedEnrolment
from agent.renewals.authorities.cmp.signed_transaction import SignedStage, SignedTransaction
from agent.renewals.authorities.enrolment import SigningKey
from agent.settings.config import AuthoritySettings
from sandbox.authority.cmp_users import hand_out, signed_reference
from sandbox.authority.rules.records import CmpUser
from sandbox.authority.store import Store

PATH = "/.well-known/cmp"
KINDS = ["rsa:2048", "ec:secp256r1", "sm2"]


@pytest.fixture(scope="module")
def desk(made_once: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A sandbox that speaks CMP, and takes keys of every kind."""
    folder = shutil.copytree(made_once.folder, tmp_path_factory.mktemp("desk") / "home")
    kinds = [word for kind in KINDS for word in ("--key-type", kind)]
    with running_desk(folder, "--cmp", *kinds) as desk:
        yield desk


class OpenSsl:
    """Its client, with an organisation's key and a new one."""

    def __init__(self, desk: Desk, folder: Path, **certificate: object) -> None:
        self.desk, self.folder = desk, folder
        old = new_rsa_key()
        self.old = certify(desk.home, old, **{"expired_days": None, **certificate})
        for file, key in (("old.key", old), ("new.key", new_rsa_key())):
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (folder / file).write_bytes(pem)
        (folder / "old.pem").write_bytes(self.old.certificate.public_bytes(Encoding.PEM))

    def update(self, *options: str) -> subprocess.CompletedProcess[str]:
        anchor = self.desk.home.trust_anchor
        command = (
            f"openssl cmp -cmd kur -server {self.desk.url}{PATH} -tls_used -tls_trusted {anchor} "
            f"-trusted {anchor} -ignore_keyusage -cert old.pem -key old.key -newkey new.key "
            f"-certout new.pem {' '.join(options)} -config"
        )
        return subprocess.run(
            [*command.split(), ""], cwd=self.folder, capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip

    @property
    def new(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / "new.pem").read_bytes())


@pytest.fixture
def openssl(desk, tmp_path):
    return OpenSsl(desk, tmp_path)


def told(done) -> str:
    return done.stdout + done.stderr


def test_openssl_updates_a_key_and_confirms(openssl):
    done = openssl.update()
    assert done.returncode == 0, told(done)
    assert "received PKICONF" in told(done)
    assert openssl.new.subject == openssl.old.certificate.subject
    assert openssl.new.not_valid_after_utc > openssl.old.certificate.not_valid_after_utc


def test_nobody_has_to_confirm_where_the_client_wants_it_so(openssl):
    done = openssl.update("-implicit_confirm")
    assert done.returncode == 0, told(done)
    assert "PKICONF" not in told(done)
    again = openssl.update("-implicit_confirm")
    assert again.returncode != 0
    assert "updated already" in told(again)


def test_openssl_polls_and_is_rejected_as_the_command_says(openssl):
    said = ("cmp-user", "add", "--signed", "--uscc", openssl.old.organisation.uscc)
    assert sandbox_cli(openssl.desk.home, *said, "--reject", "unpaid").returncode == 0
    done = openssl.update()
    assert done.returncode != 0
    assert "unpaid" in told(done)
    assert sandbox_cli(openssl.desk.home, *said, "--pending", "1").returncode == 0
    done = openssl.update()
    assert done.returncode == 0, told(done)
    assert "received POLLREP" in told(done)


def test_an_expired_certificate_proves_nothing_here(desk, tmp_path):
    done = OpenSsl(desk, tmp_path, expired_days=3).update()
    assert done.returncode != 0
    assert "expired" in told(done)


def test_what_another_key_signed_is_nobodys(openssl):
    """Whoever has the certificate alone, which is public."""
    shutil.copy(openssl.folder / "new.key", openssl.folder / "old.key")
    assert openssl.update().returncode != 0
    assert not (openssl.folder / "new.pem").exists()


class Ours:
    """The agent's client with a token in software, whose certificate the sandbox has issued."""

    def __init__(self, desk: Desk, old: str, new: str) -> None:
        self.token, self.notes = Token(old, new), Notes()
        self.store = Store(desk.home.database)
        key = self.token.keys[SigningKey.OLD]
        holder = certify(desk.home, getattr(key, "key", key), expired_days=None)
        self.uscc = holder.organisation.uscc
        self.certificate = holder.certificate.public_bytes(Encoding.DER)
        settings = AuthoritySettings(
            name="sandbox", issuers=(), profile="cmp-signed", url=desk.url,
            trust_anchor=desk.home.trust_anchor,
        )  # fmt: skip
        self.client = CmpSignedEnrolment(settings)

    async def begin(self, certificate: bytes = b"") -> None:
        """The first PIN."""
        certificate = self.token.certificate = certificate or self.certificate
        wish = application(WHO, request=b"", certificate=certificate)
        prepared = await self.client.prepare(wish, self.token, NOW)
        self.wish = application(WHO, request=prepared.request, certificate=certificate)
        self.notes.keep(prepared.exchange)

    async def sign(self) -> None:
        notes = await self.client.sign_next(self.wish, self.token, self.notes.notes, NOW)
        self.notes.keep(notes)

    async def enrol(self) -> bytes:
        return await self.client.enrol(self.wish, self.notes)

    @property
    def stage(self) -> SignedStage:
        return SignedTransaction.read(self.notes.notes).stage


@pytest.fixture
async def ours(desk):
    made = []

    def make(old: str, new: str) -> Ours:
        made.append(Ours(desk, old, new))
        return made[-1]

    yield make
    for each in made:
        await each.client.close()


@pytest.mark.parametrize("new", KINDS)
@pytest.mark.parametrize("old", KINDS)
async def test_our_client_updates_keys_of_every_kind(ours, old, new):
    mine = ours(old, new)
    await mine.begin()
    got, before = map(x509.load_der_x509_certificate, (await mine.enrol(), mine.certificate))
    assert got.subject == before.subject
    assert got.not_valid_after_utc > before.not_valid_after_utc
    assert mine.stage is SignedStage.CONFIRMED
    assert mine.token.signed == [SigningKey.NEW, SigningKey.OLD]


async def test_our_client_signs_each_poll_and_the_confirmation(ours):
    mine = ours("rsa:2048", "rsa:2048")
    user = CmpUser(
        reference=signed_reference(mine.uscc), secret="", uscc=mine.uscc, pending_seconds=2,
        wants_confirmation=True,
    )  # fmt: skip
    hand_out(mine.store, user)
    await mine.begin()
    got = b""
    while not got:
        try:
            got = await mine.enrol()
        except Pending:
            transaction = SignedTransaction.read(mine.notes.notes)
            mine.notes.keep(transaction.with_(ready=None).notes)
        except SignatureNeeded:
            await mine.sign()
    assert mine.stage is SignedStage.ISSUED
    await mine.sign()
    await mine.client.confirm(mine.wish, mine.notes)
    assert mine.stage is SignedStage.CONFIRMED
    transaction_id = SignedTransaction.read(mine.notes.notes).id.hex()
    with mine.store.transaction() as transaction:
        assert transaction.cmp_transaction(transaction_id).is_confirmed


async def test_a_strangers_certificate_is_not_trusted(ours):
    mine = ours("rsa:2048", "rsa:2048")
    await mine.begin(mine.token.certify(Office("rsa:3072")))
    with pytest.raises(CmpRefusedError, match="no signing certificate") as refused:
        await mine.enrol()
    assert not isinstance(refused.value, CmpUnsignedError)  # it is the authority that says so
