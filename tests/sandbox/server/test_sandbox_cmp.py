"""CMP, with `openssl cmp` as its client: polls, rejection, another secret, messages that are sent again."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from sandbox_desk import Desk, certify, make_csr, new_rsa_key, running_desk, sandbox_cli

from agent.checks.probes.authority import reach
from agent.checks.verdicts.authority import Obstacle
from agent.ground.clock import utc_now
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.messages import BodyKind, Header, Message, read_message
from agent.renewals.authorities.cmp.protection import SharedSecret, mac_kind_of
from agent.settings.config import AuthoritySettings
from sandbox.authority.cmp_users import hand_out
from sandbox.authority.rules.records import CmpUser
from sandbox.authority.store import Store
from sandbox.home import Home

SECRET = "a secret of the authority"
PATH = "/.well-known/cmp"


@pytest.fixture(scope="module")
def cmp_desk(made_once: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A sandbox that speaks CMP too."""
    folder = shutil.copytree(made_once.folder, tmp_path_factory.mktemp("desk") / "home")
    with running_desk(folder, "--cmp") as desk:
        yield desk


class Client:
    """OpenSSL's, with a new key for an organisation's certificate."""

    def __init__(self, desk: Desk, folder: Path, key: object) -> None:
        self.desk, self.folder = desk, folder
        self.old = certify(desk.home, key)
        self.csr = make_csr(new_rsa_key(), self.old.certificate.subject)
        (folder / "csr.der").write_bytes(self.csr)
        (folder / "secret").write_text(SECRET)

    def register(self, reference: str, **facts: object) -> None:
        uscc = self.old.organisation.uscc
        user = CmpUser(reference=reference, secret=SECRET, uscc=uscc, **facts)
        hand_out(Store(self.desk.home.database), user)

    def run(self, reference: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = (
            f"openssl cmp -cmd p10cr -csr csr.der -server {self.desk.url}{PATH} -tls_used "
            f"-tls_trusted {self.desk.home.trust_anchor} -recipient /CN=x -ref {reference} "
            f"-secret file:secret -mac hmacWithSHA256 -certout new.pem {' '.join(options)} -config"
        )
        return subprocess.run(
            [*command.split(), ""], cwd=self.folder, capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip

    def again(self, file: str) -> Message:
        """Send a message that was sent before, and return the answer."""
        with httpx.Client(verify=self.desk.tls()) as http:
            answer = http.post(
                f"{self.desk.url}{PATH}",
                content=(self.folder / file).read_bytes(),
                headers={"Content-Type": "application/pkixcmp"},
            )
        assert answer.headers["Content-Type"] == "application/pkixcmp"
        return read_message(answer.content)

    @property
    def new(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / "new.pem").read_bytes())


@pytest.fixture
def client(cmp_desk: Desk, tmp_path: Path, rsa_keys: list[object]) -> Client:
    return Client(cmp_desk, tmp_path, rsa_keys[0])


def said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def test_openssl_renews_an_organisations_certificate(client):
    done = sandbox_cli(
        client.desk.home, "cmp-user", "add", "at-once", "--secret-stdin",
        "--uscc", client.old.organisation.uscc, stdin=f"{SECRET}\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    done = client.run("at-once")
    assert done.returncode == 0, said(done)
    assert "received PKICONF" in said(done)
    assert client.new.subject == client.old.certificate.subject
    assert client.new.not_valid_after_utc > client.old.certificate.not_valid_after_utc


def test_openssl_polls_while_it_is_pending(client):
    client.register("later", pending_seconds=1)
    done = client.run("later")
    assert done.returncode == 0, said(done)
    assert "received POLLREP" in said(done)
    assert "received PKICONF" in said(done)


def test_a_rejection_says_why(client):
    client.register("never", rejection="unpaid")
    done = client.run("never")
    assert done.returncode != 0
    assert "unpaid" in said(done)
    assert not (client.folder / "new.pem").exists()


@pytest.mark.parametrize("reference", ["known", "unknown"])
def test_another_secret_gets_an_error_that_tells_nothing(client, reference):
    client.register("known")
    (client.folder / "secret").write_text("another")
    done = client.run(reference, "-unprotected_errors")
    assert done.returncode != 0
    assert "badMessageCheck" in said(done)


def test_what_is_sent_again_has_no_effect(client):
    client.register("replayed", pending_seconds=1)
    done = client.run("replayed", "-reqout p10cr,poll,poll2,conf")
    assert done.returncode == 0, said(done)
    for file, failure in (("p10cr", "transactionIdInUse"), ("poll", "badRecipientNonce")):
        answer = client.again(file)
        assert answer.kind is BodyKind.ERROR
        assert bodies.read_error(answer.body).failures == {failure}


def test_a_confirmation_is_heard_once(client):
    client.register("confirmed")
    done = client.run("confirmed", "-reqout p10cr,conf")
    assert done.returncode == 0, said(done)
    answer = client.again("conf")
    assert bodies.read_error(answer.body).failures == {"certConfirmed"}


def test_another_organisations_name_is_refused(client):
    client.register("foreign")
    other = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another")])
    (client.folder / "csr.der").write_bytes(make_csr(new_rsa_key(), other))
    done = client.run("foreign")
    assert done.returncode != 0
    assert "badCertTemplate" in said(done)


def test_it_answers_with_the_mac_it_was_asked_with(client):
    client.register("modern")
    shared = SharedSecret(b"modern", SECRET.encode(), "pbmac1")
    asked = Header(transaction=b"modern", nonce=b"n" * 16)
    (client.folder / "asked").write_bytes(shared.protected(asked, BodyKind.P10CR, client.csr))
    answer = client.again("asked")
    assert (answer.kind, mac_kind_of(answer)) == (BodyKind.CP, "pbmac1")
    assert shared.has_protected(answer)


def test_what_is_no_message_gets_an_error(client):
    (client.folder / "junk").write_bytes(b"<html>")
    answer = client.again("junk")
    assert bodies.read_error(answer.body).failures == {"badDataFormat"}
    assert answer.protection == b""


@pytest.mark.parametrize(
    ("facts", "obstacle"),
    [
        ({}, Obstacle.NONE),
        ({"profile": "cmp-signed"}, Obstacle.NONE),
        ({"user": "checked", "password_file": "right"}, Obstacle.NONE),
        ({"user": "checked", "password_file": "right", "mac": "pbmac1"}, Obstacle.NONE),
        ({"user": "checked", "password_file": "wrong"}, Obstacle.CMP_SECRET),
        ({"user": "nobody", "password_file": "right"}, Obstacle.CMP_SECRET),
        ({"path": "/.well-known/cmp/elsewhere"}, Obstacle.CMP_PATH),
    ],
)
async def test_the_environment_check_walks_all_the_way(client, facts, obstacle):
    client.register("checked")
    for name, secret in (("right", SECRET), ("wrong", "another")):
        (client.folder / name).write_text(secret)
    if "password_file" in facts:
        facts = {**facts, "password_file": client.folder / facts["password_file"]}
    values = {"profile": "cmp", "trust_anchor": client.desk.home.trust_anchor, **facts}
    settings = AuthoritySettings(name="a", issuers=(), url=client.desk.url, **values)
    assert (await reach(settings, utc_now)).obstacle is obstacle


def test_it_is_not_there_unless_asked_for(quick_desk):
    with httpx.Client(verify=quick_desk.tls()) as http:
        assert http.post(f"{quick_desk.url}{PATH}", content=b"x").status_code == 404
