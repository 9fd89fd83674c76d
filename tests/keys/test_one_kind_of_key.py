"""`make check` fails where a certificate is asked for its key, and nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ASKS = '''\
"""A module."""

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa


def asks(one: x509.Certificate, other: x509.CertificateSigningRequest) -> object:
    """Ask."""
    one.verify_directly_issued_by(one)
    keys = (
        one.public_key(),
        other.public_key(),
    )
    return keys, other.is_signature_valid


def may(key: rsa.RSAPrivateKey) -> object:
    """Ask a private key."""
    return key.public_key()
'''
LOADS = '''\
"""A module."""

from cryptography.hazmat.primitives.serialization import load_der_public_key

__all__ = ["load_der_public_key"]
'''


def test_mypy_refuses_it_by_types(tmp_path):
    for module in ("agent/renewals/asking.py", "agent/keys/may_ask.py"):
        (tmp_path / module).parent.mkdir(parents=True)
        (tmp_path / module).write_text(ASKS)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", tmp_path / "cache", tmp_path / "agent"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    refused = [line for line in done.stdout.splitlines() if "SM2" in line]
    assert sorted(line.split('"')[1] for line in refused) == [
        "is_signature_valid", "public_key", "public_key", "verify_directly_issued_by",
    ]  # fmt: skip
    assert all("renewals/asking.py" in line for line in refused)
    assert "Found 4 errors in 1 file (checked 2 source files)" in done.stdout


@pytest.mark.parametrize(("folder", "found"), [("sandbox", True), ("agent/keys", False)])
def test_ruff_refuses_what_loads_a_key(folder, found):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--stdin-filename", f"{folder}/loading.py", "-"],
        cwd=ROOT, input=LOADS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ("TID251" in done.stdout) is found, done.stdout + done.stderr
