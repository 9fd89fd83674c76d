"""Certificates for tests, as an authority would issue them: real DER, made in milliseconds."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.model import Certificate
from agent.certificates.parsing import parse_certificate

CHINA = dt.timezone(dt.timedelta(hours=8))
ORGANISATION = "深圳市样例有限公司"
USCC = "91440300MA5DA0000F"

SIGNING = frozenset({"digital_signature", "content_commitment"})
ENCRYPTION = frozenset({"key_encipherment", "data_encipherment"})
_BITS = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
    "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


@cache
def ec_key(name: str = "default") -> ec.EllipticCurvePrivateKey:
    """One key for each name, so that tests pay for it once."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(name: str = "default", bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def china(text: str) -> dt.datetime:
    """Return the instant of an ISO time in China, such as ``2022-07-20 23:59:59``."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(dt.UTC)


def name(*, organisation: str | None = ORGANISATION, common_name: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "CN")]
    if organisation is not None:
        parts.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation))
    if common_name is not None:
        parts.append(x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name))
    return x509.Name(parts)


def key_usage(bits: frozenset[str]) -> x509.KeyUsage:
    return x509.KeyUsage(**{bit: bit in bits for bit in _BITS})


def utf8_string(text: str) -> bytes:
    """Return a DER UTF8String of fewer than 128 bytes."""
    content = text.encode()
    assert len(content) < 128
    return bytes([0x0C, len(content)]) + content


def make_x509(
    *,
    key=None,
    issuer_key=None,
    subject: x509.Name | None = None,
    issuer: x509.Name | None = None,
    not_before: dt.datetime | None = None,
    not_after: dt.datetime | None = None,
    usage: frozenset[str] | None = SIGNING,
    is_ca: bool | None = False,
    extensions: dict[str, bytes] | None = None,
) -> x509.Certificate:
    """Return a certificate; ``extensions`` are raw values by dotted OID."""
    key = key or ec_key()
    if subject is None:
        subject = name(common_name=ORGANISATION)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or name(organisation="Test Authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before or china("2021-07-01 00:00:00"))
        .not_valid_after(not_after or china("2022-07-20 23:59:59"))
    )
    if usage is not None:
        builder = builder.add_extension(key_usage(usage), critical=True)
    if is_ca is not None:
        constraints = x509.BasicConstraints(ca=is_ca, path_length=None)
        builder = builder.add_extension(constraints, critical=True)
    for oid, value in (extensions or {}).items():
        raw = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)
        builder = builder.add_extension(raw, critical=False)
    return builder.sign(issuer_key or ec_key("issuer"), hashes.SHA256())


def make_der(**options) -> bytes:
    return make_x509(**options).public_bytes(Encoding.DER)


def make_certificate(**options) -> Certificate:
    return parse_certificate(make_der(**options))


def openssl(*arguments: str, stdin: bytes = b"", folder: Path | None = None) -> bytes:
    """Run openssl and return what it printed; fails the test when it fails."""
    done = subprocess.run(
        ["openssl", *arguments], input=stdin, cwd=folder, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def make_sm2_der(folder: Path, usage: str = "digitalSignature") -> bytes:
    """Let openssl make an SM2 certificate, which cryptography cannot."""
    return openssl(
        "req", "-x509", "-newkey", "sm2", "-nodes", "-keyout", "sm2.key", "-sm3",
        "-sigopt", "distid:1234567812345678", "-days", "30", "-outform", "DER",
        "-subj", f"/C=CN/O={ORGANISATION}/CN={ORGANISATION}", "-utf8",
        "-addext", f"keyUsage=critical,{usage}",
        "-addext", "basicConstraints=critical,CA:FALSE",
        folder=folder,
    )  # fmt: skip


def thumbprint_of(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()
