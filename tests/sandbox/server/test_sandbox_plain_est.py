"""The plain EST label, with strongSwan, curl and openssl as its clients."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sandbox_desk import (
    Desk,
    certify,
    enrolled_certificate,
    make_csr,
    new_rsa_key,
    running_desk,
    sandbox_cli,
)

from sandbox.authority.rules.profiles import USCC_ID
from sandbox.home import Home

PASSWORD = "correct horse"
PLAIN = "/.well-known/est/plain"
ROUTER = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "router 7")])


@pytest.fixture
def http(quick_desk):
    with httpx.Client(base_url=quick_desk.url, verify=quick_desk.tls()) as client:
        yield client


def add_user(desk: Desk, name: str, *options: str) -> None:
    done = sandbox_cli(
        desk.home, "est-user", "add", name, "--password-stdin", *options, stdin=f"{PASSWORD}\n"
    )
    assert done.returncode == 0, done.stderr


def enrol(
    http: httpx.Client, user: str, csr: bytes, *, call: str = "simpleenroll"
) -> httpx.Response:
    return http.post(
        f"{PLAIN}/{call}",
        auth=(user, PASSWORD),
        content=base64.encodebytes(csr),
        headers={"Content-Type": "application/pkcs10"},
    )


def run(*command: str | Path, stdin: bytes = b"") -> bytes:
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def est_desk(made_once: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A sandbox that is an ordinary EST server: strongSwan 5.9 loses a label while it polls."""
    folder = shutil.copytree(made_once.folder, tmp_path_factory.mktemp("desk") / "home")
    with running_desk(folder, "--est-only") as desk:
        yield desk


def test_an_ordinary_est_server_has_no_ra_api(est_desk):
    with httpx.Client(base_url=est_desk.url, verify=est_desk.tls()) as http:
        assert http.get("/ra/v1/policy").status_code == 404
        assert http.get("/.well-known/est/cacerts").status_code == 200


def test_strongswan_enrols(est_desk, tmp_path):
    add_user(est_desk, "strongswan")
    certificate = _strongswan_enrols(est_desk, tmp_path, "strongswan")
    assert certificate.subject.rfc4514_string() == "CN=strongSwan"


def test_strongswan_waits_while_its_request_is_pending(est_desk, tmp_path):
    add_user(est_desk, "strongswan-later", "--pending", "2")
    said: list[str] = []
    _strongswan_enrols(est_desk, tmp_path, "strongswan-later", said)
    assert "pending, polling every" in said[0]


def test_strongswan_fetches_the_root(est_desk, tmp_path):
    url = est_desk.url
    anchor = est_desk.home.trust_anchor
    command = ("pki", "--estca", "--url", url, "--cacert", anchor, "--caout")
    run(*command, tmp_path / "ca.pem", "--outform", "pem", "--force")
    fetched = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    assert fetched == x509.load_pem_x509_certificate(anchor.read_bytes())


def test_curl_and_openssl_enrol(quick_desk, tmp_path):
    add_user(quick_desk, "curl")
    key, csr = tmp_path / "key.pem", tmp_path / "csr.der"
    request = "req -new -newkey rsa:2048 -nodes -subj /CN=curl -outform DER"
    run("openssl", *request.split(), "-keyout", key, "-out", csr)
    body = run("openssl", "base64", "-in", csr)
    answer = run(
        "curl", "--silent", "--fail", "--cacert", quick_desk.home.trust_anchor,
        "--config", "-", "--header", "Content-Type: application/pkcs10",
        "--data-binary", f"@{_written(tmp_path / 'body', body)}",
        f"{quick_desk.url}{PLAIN}/simpleenroll",
        stdin=f'user = "curl:{PASSWORD}"\n'.encode(),
    )  # fmt: skip
    certs = run("openssl", "base64", "-d", "-A", stdin=answer)
    pem = run("openssl", "pkcs7", "-inform", "DER", "-print_certs", stdin=certs)
    verify = ("openssl", "verify", "-x509_strict", "-CAfile", quick_desk.home.trust_anchor)
    assert b"OK" in run(*verify, _written(tmp_path / "new.pem", pem))


def test_a_pending_request_gets_202_then_its_certificate_and_then_the_same(quick_desk, http):
    add_user(quick_desk, "later", "--pending", "1")
    csr = make_csr(new_rsa_key(), ROUTER)
    answer = enrol(http, "later", csr)
    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "1")
    while (answer := enrol(http, "later", csr)).status_code == 202:
        assert int(answer.headers["Retry-After"]) == 1
    assert enrolled_certificate(answer) == enrolled_certificate(enrol(http, "later", csr))


def test_another_request_waits_for_itself(quick_desk, http):
    add_user(quick_desk, "twice", "--pending", "60")
    key = new_rsa_key()
    assert enrol(http, "twice", make_csr(key, ROUTER)).status_code == 202
    other = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "router 8")])
    assert enrol(http, "twice", make_csr(key, other)).status_code == 202


def test_a_user_of_an_organisation_renews_its_certificate(quick_desk, http, rsa_keys):
    holder = certify(quick_desk.home, rsa_keys[0])
    uscc = holder.organisation.uscc
    add_user(quick_desk, "office", "--uscc", uscc)
    csr = make_csr(new_rsa_key(), holder.certificate.subject)
    certificate = enrolled_certificate(enrol(http, "office", csr, call="simplereenroll"))
    assert certificate.subject == holder.certificate.subject
    kept = certificate.extensions.get_extension_for_oid(USCC_ID)
    assert kept == holder.certificate.extensions.get_extension_for_oid(USCC_ID)
    foreign = enrol(http, "office", make_csr(new_rsa_key(), ROUTER))
    assert foreign.status_code == 400


def test_reenrolment_is_for_a_subject_that_has_a_certificate(quick_desk, http):
    add_user(quick_desk, "again")
    csr = make_csr(new_rsa_key(), ROUTER)
    assert enrol(http, "again", csr, call="simplereenroll").status_code == 400
    enrolled_certificate(enrol(http, "again", csr))
    renewed = make_csr(new_rsa_key(), ROUTER)
    enrolled_certificate(enrol(http, "again", renewed, call="simplereenroll"))


def test_a_wrong_password_and_an_unknown_name_are_refused_alike(quick_desk, http):
    add_user(quick_desk, "known")
    body = base64.b64encode(make_csr(new_rsa_key(), ROUTER))
    answers = [
        http.post(f"{PLAIN}/simpleenroll", auth=credentials, content=body)
        for credentials in (("known", "wrong"), ("unknown", PASSWORD))
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {
        (401, "unauthorised: no such user, or another password\n")
    }
    assert answers[0].headers["WWW-Authenticate"].startswith("Basic ")


def test_a_request_without_proof_of_possession_is_refused(quick_desk, http):
    add_user(quick_desk, "forger")
    csr = bytearray(make_csr(new_rsa_key(), ROUTER))
    csr[-1] ^= 1
    answer = enrol(http, "forger", bytes(csr))
    assert (answer.status_code, answer.text.partition(":")[0]) == (403, "bad_signature")


def test_a_key_the_policy_does_not_accept_is_refused(quick_desk, http):
    add_user(quick_desk, "curve")
    csr = make_csr(ec.generate_private_key(ec.SECP256R1()), ROUTER)
    assert enrol(http, "curve", csr).status_code == 400


def test_an_application_is_no_user_of_this_label(quick_desk, http, renewal_at):
    renewal = renewal_at(quick_desk)
    renewal.apply().raise_for_status()
    answer = http.post(
        f"{PLAIN}/simpleenroll",
        auth=(renewal.application, renewal.secret),
        content=base64.b64encode(renewal.csr),
    )
    assert answer.status_code == 401


def test_passwords_are_not_kept(quick_desk):
    add_user(quick_desk, "hashed")
    for file in quick_desk.home.folder.rglob("*"):
        assert not file.is_file() or PASSWORD.encode() not in file.read_bytes()
    assert "hashed" in sandbox_cli(quick_desk.home, "est-user", "list").stdout


@pytest.mark.parametrize("label", ["", "/plain"])
def test_the_request_attributes_name_the_accepted_keys(http, label):
    answer = http.get(f"/.well-known/est{label}/csrattrs")
    assert answer.headers["Content-Type"] == "application/csrattrs"
    # SEQUENCE { SEQUENCE { rsaEncryption, SET { INTEGER 2048 } } }
    expected = "3013301106092a864886f70d010101310402020800"
    assert base64.b64decode(answer.content).hex() == expected


def _strongswan_enrols(
    desk: Desk, folder: Path, user: str, said: list[str] | None = None
) -> x509.Certificate:
    key = _written(folder / "key.der", run("pki", "--gen", "--type", "rsa", "--size", "2048"))
    request = ("pki", "--req", "--type", "rsa", "--in", key, "--dn", "CN=strongSwan")
    csr = _written(folder / "csr.pem", run(*request, "--outform", "pem"))
    done = subprocess.run(
        ["pki", "--est", "--url", desk.url, "--cacert", desk.home.trust_anchor,
         "--userpass", f"{user}:{PASSWORD}", "--in", csr, "--interval", "1",
         "--maxpolltime", "30", "--outform", "pem", "--debug", "2"],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    if said is not None:
        said.append(done.stderr.decode())
    certificate = x509.load_pem_x509_certificate(done.stdout)
    new = _written(folder / "new.pem", certificate.public_bytes(Encoding.PEM))
    assert b"OK" in run("openssl", "verify", "-CAfile", desk.home.trust_anchor, new)
    return certificate


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
