"""The request for a key the authority makes: whole PKCS#10 that names who may open the envelope."""

from __future__ import annotations

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.keys.public_key import PublicKey
from agent.renewals.authorities.key_request import key_request
from sandbox.authority.rules.key_request import read_key_request

SUBJECT = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "深圳市样例有限公司")])


@pytest.fixture(scope="module")
def recipient() -> bytes:
    key = rsa.generate_private_key(65537, 2048).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("transports", [("rsaes-pkcs1-v1_5",), ("rsaes-oaep", "rsaes-pkcs1-v1_5")])
def test_the_authority_reads_whose_it_is_and_to_whom_it_goes(recipient, transports):
    read = read_key_request(key_request(SUBJECT.public_bytes(), recipient, transports))
    assert read.subject == SUBJECT.public_bytes()
    assert read.decrypt_key_identifier == PublicKey.read(recipient).identifier
    assert read.transport(transports) == transports[0]


def test_openssl_verifies_it(recipient, tmp_path):
    file = tmp_path / "request.der"
    file.write_bytes(key_request(SUBJECT.public_bytes(), recipient, ("rsaes-pkcs1-v1_5",)))
    done = subprocess.run(
        ["openssl", "req", "-inform", "DER", "-in", file, "-noout", "-verify"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "verify OK" in done.stderr + done.stdout


def test_each_request_has_a_key_of_its_own(recipient):
    one, other = (key_request(SUBJECT.public_bytes(), recipient, ("rsaes-oaep",)) for _ in range(2))
    keys = {x509.load_der_x509_csr(der).public_key().public_numbers() for der in (one, other)}
    assert len(keys) == 2
