"""Tokens that speak SKF, with certificates on them, as files of the sandbox's drawer."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from sandbox.skf_token.codes import KeyKind
from sandbox.skf_token.pins import new_pin
from sandbox.skf_token.state import Application, Container, Half, TokenState, save_state

NAMES = [f"key{number:02}" for number in range(20)]
_PIN = b"135790"  # of tokens that are gone when the measurement is over


def make_tokens(folder: Path, containers: int) -> None:
    """Put a token of each name into ``folder``, with so many containers with two certificates each."""
    folder.mkdir(mode=0o700, parents=True)
    key = rsa.generate_private_key(65537, 2048)
    for name in NAMES:
        application = Application(
            name="ODC", user_pin=new_pin(_PIN), administrator_pin=new_pin(_PIN)
        )
        application.containers = [
            Container(
                name=f"C{number}",
                kind=KeyKind.RSA,
                signing=_half(key, f"{name} {number} signing"),
                encryption=_half(key, f"{name} {number} encryption"),
            )
            for number in range(containers)
        ]
        state = TokenState(
            serial=secrets.token_hex(8), label=f"KEY {name}", applications=[application]
        )
        save_state(folder / f"{name}.json", state)


def _half(key: rsa.RSAPrivateKey, organisation: str) -> Half:
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
    return Half(
        private=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        public=key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        certificate=builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER),
    )
