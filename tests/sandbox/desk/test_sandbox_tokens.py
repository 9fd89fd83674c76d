"""``issue-token`` on a real SoftHSM, read back by another process. Needs the package softhsm2."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from sandbox_desk import sandbox_cli

from sandbox.authority.rules.days import china_date, utc_now
from sandbox.authority.rules.profiles import SHENZHEN_ENTITY_ID, USCC_ID
from sandbox.authority.store import Store
from sandbox.desk.cards import DEFAULT_MODULE
from sandbox.home import Home

pytestmark = pytest.mark.skipif(not DEFAULT_MODULE.exists(), reason="needs softhsm2")

PIN = "135790"
ORGANISATION = "深圳市样例有限公司"
USCC = "91440300MA5DA0000F"
MESSAGE = b"to be signed"

READER = """
import json, sys
import pkcs11
from pkcs11 import Attribute as A, Mechanism, ObjectClass as C

pin, message, ciphertexts = json.load(sys.stdin)
token = next(t for t in pkcs11.lib(sys.argv[1]).get_tokens(token_label=sys.argv[2]))
found = {"certificates": [], "keys": []}
with token.open() as session:
    found["private_without_login"] = len(list(session.get_objects({A.CLASS: C.PRIVATE_KEY})))
    for o in list(session.get_objects({A.CLASS: C.CERTIFICATE})):
        found["certificates"].append([o[A.ID].hex(), o[A.LABEL], o[A.VALUE].hex()])
with token.open(user_pin=pin) as session:
    for o in list(session.get_objects({A.CLASS: C.PRIVATE_KEY})):
        key = {"id": o[A.ID].hex(), "sensitive": o[A.SENSITIVE], "extractable": o[A.EXTRACTABLE]}
        key["local"] = o[A.LOCAL]
        if o[A.SIGN]:
            signature = o.sign(message.encode(), mechanism=Mechanism.SHA256_RSA_PKCS)
            key["signature"] = signature.hex()
        for name, text in ciphertexts.items():
            if o[A.DECRYPT] and o[A.ID].hex() == name:
                key["opened"] = o.decrypt(bytes.fromhex(text), mechanism=Mechanism.RSA_PKCS).decode()
        found["keys"].append(key)
json.dump(found, sys.stdout)
"""


def read_token(issued: dict, ciphertexts: dict[str, str]) -> dict:
    """Read a token as another program does."""
    done = subprocess.run(
        [sys.executable, "-c", READER, issued["module"], issued["label"]],
        input=json.dumps([PIN, MESSAGE.decode(), ciphertexts]),
        env={**os.environ, "SOFTHSM2_CONF": issued["configuration"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def issue(home: Home, folder: Path, *options: str) -> dict:
    command = ["issue-token", "--token-folder", str(folder), "--organisation", ORGANISATION]
    command += ["--uscc", USCC, "--pin-stdin", "--json", *options]
    done = sandbox_cli(home, *command, stdin=PIN + "\n")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def issued(home, tmp_path) -> dict:
    return issue(home, tmp_path / "key", "--expired-days", "961")


def test_the_pair_lies_on_the_token_readable_without_a_pin(home, issued):
    found = read_token(issued, {})
    pair = {label: _certificate(der) for _, label, der in found["certificates"]}
    assert set(pair) == {"sign", "encrypt"}
    assert _sha256(pair["sign"]) == issued["signing_sha256"]
    assert _sha256(pair["encrypt"]) == issued["encryption_sha256"]
    anchor = x509.load_pem_x509_certificate(home.trust_anchor.read_bytes())
    for certificate in pair.values():
        certificate.verify_directly_issued_by(anchor)
        assert (china_date(utc_now()) - china_date(certificate.not_valid_after_utc)).days == 961
        _looks_like_an_organisations(certificate)
    signing, encryption = (_usage(pair[label]) for label in ("sign", "encrypt"))
    assert signing.digital_signature
    assert signing.content_commitment
    assert not signing.key_encipherment
    assert encryption.key_encipherment
    assert encryption.data_encipherment
    assert not encryption.digital_signature


def test_the_private_keys_stay_on_the_token_and_fit_their_certificates(issued):
    by_id = {
        key_id: (label, _certificate(der))
        for key_id, label, der in read_token(issued, {})["certificates"]
    }
    assert len(by_id) == 2
    ciphertexts = {
        key_id: certificate.public_key().encrypt(b"secret", padding.PKCS1v15()).hex()
        for key_id, (_, certificate) in by_id.items()
    }
    found = read_token(issued, ciphertexts)
    assert found["private_without_login"] == 0
    assert {key["id"] for key in found["keys"]} == set(by_id)
    for key in found["keys"]:
        label, certificate = by_id[key["id"]]
        assert key["sensitive"]
        assert not key["extractable"]
        assert key["local"] == (label == "sign")
        if label == "sign":
            signature = bytes.fromhex(key["signature"])
            certificate.public_key().verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        else:
            assert "signature" not in key
            assert key["opened"] == "secret"


def test_the_authority_knows_what_it_issued_and_the_newest_counts(home, issued, tmp_path):
    def newest():
        with Store(home.database).transaction() as transaction:
            return transaction.newest_signing_certificate(USCC)

    assert newest().sha256 == issued["signing_sha256"]
    again = issue(home, tmp_path / "second", "--valid-days", "20", "--label", "SECOND")
    assert newest().sha256 == again["signing_sha256"]


def test_two_tokens_can_share_a_folder(home, issued, tmp_path):
    second = issue(home, tmp_path / "key", "--valid-days", "20", "--label", "SECOND")
    assert second["configuration"] == issued["configuration"]
    assert len(read_token(issued, {})["certificates"]) == 2
    assert len(read_token(second, {})["certificates"]) == 2


def test_the_tokens_files_are_private(issued):
    configuration = Path(issued["configuration"])
    assert stat.S_IMODE(configuration.stat().st_mode) == 0o600
    assert stat.S_IMODE((configuration.parent / "tokens").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("options", "stdin", "expected"),
    [
        (["--uscc", "91440300MA5DA0000X", "--valid-days", "1"], PIN, (2, "GB 32100")),
        (["--uscc", USCC, "--valid-days", "-1"], PIN, (2, "invalid")),
        (["--uscc", USCC], PIN, (2, "required")),
        (["--uscc", USCC, "--valid-days", "1"], "", (1, "no PIN")),
        (["--uscc", USCC, "--valid-days", "1"], "1", (1, "length")),
        (["--uscc", USCC, "--valid-days", "1", "--label", "x" * 33], PIN, (1, "32 bytes")),
        (["--uscc", USCC, "--valid-days", "1", "--module", "/nowhere.so"], PIN, (1, "nowhere")),
        (["--uscc", USCC, "--valid-days", "1", "--module", "/etc/hostname"], PIN, (1, "load")),
        (["--uscc", USCC, "--valid-days", "1", "--pin", PIN], PIN, (2, "unrecognized")),
    ],
)
def test_a_mistake_is_explained(home, tmp_path, options, stdin, expected):
    command = ["issue-token", "--token-folder", str(tmp_path / "key"), "--organisation", "Sample"]
    done = sandbox_cli(home, *command, "--pin-stdin", *options, stdin=stdin)
    code, said = expected
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def _certificate(der: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(bytes.fromhex(der))


def _sha256(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex()


def _usage(certificate: x509.Certificate) -> x509.KeyUsage:
    return certificate.extensions.get_extension_for_class(x509.KeyUsage).value


def _looks_like_an_organisations(certificate: x509.Certificate) -> None:
    subject = certificate.subject.rfc4514_string({}).split(",")
    assert subject == [
        f"CN={ORGANISATION}",
        f"O={ORGANISATION}",
        "L=深圳市",
        "ST=Guangdong",
        "C=CN",
    ]
    for oid, text in ((USCC_ID, USCC), (SHENZHEN_ENTITY_ID, "SZMA5DA0000")):
        extension = certificate.extensions.get_extension_for_oid(oid).value
        assert extension.value == b"\x0c" + bytes([len(text)]) + text.encode()
