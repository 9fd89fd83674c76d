"""A key for tokens that unwrap it themselves: only where the policy says so and the client takes it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from key_request_maker import KeyRenewal, openssl_opens
from sandbox_desk import new_rsa_key, running_desk

from sandbox.authority.rules.key_request import AES_256_WRAP_PAD

POLICY = "approve_after_seconds = 0\nbare_keys = true\n"
AIV = "A65959A6"
"""The alternative initial value of RFC 5649, 3."""
_UNWRAP = """
const [key, iv] = process.argv.slice(1).map((hex) => Buffer.from(hex, 'hex'))
const cipher = require('crypto').createDecipheriv('id-aes256-wrap-pad', key, iv)
const sealed = require('fs').readFileSync(0)
process.stdout.write(Buffer.concat([cipher.update(sealed), cipher.final()]))
"""


@pytest.fixture(scope="module")
def bare_desk(made_once, tmp_path_factory):
    folder = shutil.copytree(made_once.folder, tmp_path_factory.mktemp("bare") / "home")
    policy = folder / "policy.toml"
    policy.write_text(POLICY)
    with running_desk(folder, "--policy", str(policy)) as desk:
        yield desk


@pytest.fixture
def renewing(bare_desk, renewal_at) -> KeyRenewal:
    return KeyRenewal(renewal_at(bare_desk), new_rsa_key())


def test_openssl_unwraps_the_key_of_the_certificate(renewing, tmp_path):
    answer = renewing.released().fetch(AES_256_WRAP_PAD)
    key = openssl_unwraps(answer.envelope, renewing.recipient, tmp_path)
    assert key.public_key() == answer.certificate.public_key()


def test_a_client_that_does_not_take_bare_keys_gets_a_signed_one(bare_desk, renewing, tmp_path):
    answer = renewing.released().fetch()
    anchor = bare_desk.home.trust_anchor
    key = openssl_opens(answer.envelope, renewing.recipient, anchor, tmp_path)
    assert key.public_key() == answer.certificate.public_key()


def openssl_unwraps(envelope: bytes, recipient: rsa.RSAPrivateKey, folder: Path):
    """Open an envelope whose cipher is AES key wrap, which `openssl cms` cannot, step by step.

    The last one by Node's crypto, which is OpenSSL, too: since 3.5, `openssl enc` does no key wrap.
    """
    enveloped = cms.ContentInfo.load(envelope, strict=True)["content"]
    [info] = enveloped["recipient_infos"]
    sealed = enveloped["encrypted_content_info"]
    assert sealed["content_encryption_algorithm"]["algorithm"].dotted == AES_256_WRAP_PAD
    pem = folder / "recipient.pem"
    pem.write_bytes(recipient.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    content_key = openssl(info.chosen["encrypted_key"].native, "pkeyutl", "-decrypt", "-inkey", pem)
    pkcs8 = run(sealed["encrypted_content"].native, "node", "-e", _UNWRAP, content_key.hex(), AIV)
    key = load_der_private_key(pkcs8, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def openssl(stdin: bytes, *arguments: object) -> bytes:
    return run(stdin, "openssl", *map(str, arguments))


def run(stdin: bytes, *command: str) -> bytes:
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
