"""What a whole renewal made and was given, in the eyes of openssl."""

from __future__ import annotations

import subprocess

import msgspec
import pytest
from test_pair_renewal import encryption_certificates, look, renewed

from agent.renewals.authorities.ra_protocol import Manifest
from sandbox.authority.store import Store


@pytest.fixture
def openssl(tmp_path):
    def run(*arguments: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(
            ["openssl", *arguments], input=stdin, cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    return run


def test_the_manifest_is_cms_by_the_old_certificate_and_both_new_ones_chain_to_the_root(
    desk, openssl, tmp_path
):
    old = {der for _, der in look(desk)["certificates"]}
    installed = renewed(desk)
    with Store(desk.home.database).transaction() as transaction:
        application = transaction.application(installed["id"])
        version = transaction.version(installed["id"], 1)
        signer = transaction.certificate(application.certificate_sha256)
    anchor = str(desk.home.trust_anchor)
    (tmp_path / "signer.der").write_bytes(signer.der)
    openssl("x509", "-inform", "DER", "-in", "signer.der", "-out", "signer.pem")
    content = openssl(
        "cms", "-verify", "-inform", "DER", "-binary", "-purpose", "any", "-no_check_time",
        "-CAfile", anchor, "-certfile", "signer.pem", "-nointern", stdin=version.cms,
    )  # fmt: skip
    manifest = msgspec.json.decode(content, type=Manifest)
    assert (manifest.application, manifest.certificate_sha256) == (
        installed["id"],
        application.certificate_sha256,
    )
    found = look(desk)
    new = [bytes.fromhex(der) for _, der in found["certificates"] if der not in old]
    assert len(new) == 2
    assert len(encryption_certificates(found)) == 2
    for der in new:
        openssl("x509", "-inform", "DER", "-out", "new.pem", stdin=der)
        assert b"OK" in openssl("verify", "-x509_strict", "-CAfile", anchor, "new.pem")
