"""Software tokens with many certificates on them, written in one go by a process of its own."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.desk.desk import SOFTHSM

_WRITE = """
import sys
import pkcs11
from pkcs11 import Attribute as A, ObjectClass as C
from pkcs11.constants import CertificateType

pin, label = sys.argv[2:4]
ders = [bytes.fromhex(line) for line in sys.stdin]
with pkcs11.lib(sys.argv[1]).get_token(token_label=label).open(rw=True, user_pin=pin) as session:
    for number, der in enumerate(ders):
        session.create_object({
            A.CLASS: C.CERTIFICATE, A.CERTIFICATE_TYPE: CertificateType.X_509, A.TOKEN: True,
            A.PRIVATE: False, A.ID: number.to_bytes(2, "big"), A.LABEL: f"certificate {number}",
            A.SUBJECT: b"0\\0", A.VALUE: der,
        })
"""
_PIN = "135790"  # of tokens that are gone when the measurement is over


def make_tokens(folder: Path, *, tokens: int, certificates: int) -> Path:
    """Make SoftHSM tokens with that many certificates each and return their configuration."""
    store = folder / "tokens"
    store.mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {store}\nobjectstore.backend = file\n")
    environment = {**os.environ, "SOFTHSM2_CONF": os.fspath(configuration)}
    key = ec.generate_private_key(ec.SECP256R1())
    for number in range(tokens):
        label = f"TOKEN-{number}"
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", _PIN,
             "--so-pin", "87654321"],
            env=environment, check=True, capture_output=True,
        )  # fmt: skip
        ders = [_certificate(key, f"机构{number}-{n}").hex() for n in range(certificates)]
        subprocess.run(
            [sys.executable, "-c", _WRITE, SOFTHSM, _PIN, label],
            env=environment, check=True, input="\n".join(ders), text=True,
        )  # fmt: skip
    return configuration


def _certificate(key: ec.EllipticCurvePrivateKey, organisation: str) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation)])
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=start,
        not_valid_after=start + dt.timedelta(days=3650),
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
