"""Enveloped private keys, as the sandbox's key centre makes them and as `openssl cms` does."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from certificate_maker import ENCRYPTION, make_x509, openssl, rsa_key
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)

from agent.keys.public_key import PublicKey
from sandbox.authority.rules.key_package import (
    Recipient,
    Signer,
    _package,
    bare_key,
    enveloped_key,
)

NEW = rsa_key("new encryption")
OTHER = rsa_key("other")
LATE = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)


def certificate_of(key: rsa.RSAPublicKey | rsa.RSAPrivateKey | bytes) -> x509.Certificate:
    """Return an encryption certificate of ``key`` (or of a SubjectPublicKeyInfo)."""
    if isinstance(key, bytes):
        loaded = load_der_public_key(key)
    else:
        loaded = key.public_key() if isinstance(key, rsa.RSAPrivateKey) else key

    class Holder:
        @staticmethod
        def public_key():
            return loaded

    return make_x509(key=Holder(), issuer_key=rsa_key("issuer"), usage=ENCRYPTION, not_after=LATE)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def sandbox_envelope(
    recipient: rsa.RSAPublicKey,
    key: rsa.RSAPrivateKey = NEW,
    transport: str = "rsaes-pkcs1-v1_5",
    identifier: bytes | None = None,
    *,
    is_bare: bool = False,
) -> bytes:
    """Return what the sandbox sends for ``recipient``, named by its key identifier or another."""
    public = PublicKey.from_cryptography(recipient)
    to = Recipient(public, public.identifier if identifier is None else identifier, transport)
    if is_bare:
        return bare_key(key, to)
    return enveloped_key(key, Signer(OTHER, certificate_of(OTHER)), to)


def openssl_envelope(
    folder: Path,
    *recipients: x509.Certificate,
    key: rsa.RSAPrivateKey = NEW,
    cipher: str = "-aes256",
    options: tuple[str, ...] = (),
) -> bytes:
    """Return what `openssl cms` makes of ``key``; ``options`` are those of the encryption."""
    pem = OTHER.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "signer.pem").write_bytes(pem + certificate_of(OTHER).public_bytes(Encoding.PEM))
    (folder / "package.der").write_bytes(_package(key))
    openssl(
        "cms", "-sign", "-binary", "-nodetach", "-in", "package.der", "-signer", "signer.pem",
        "-econtent_type", "2.16.840.1.101.2.1.2.78.5", "-outform", "DER", "-out", "signed.der",
        folder=folder,
    )  # fmt: skip
    return openssl_encrypted(folder, "signed.der", *recipients, cipher=cipher, options=options)


def openssl_encrypted(
    folder: Path,
    content: str,
    *recipients: x509.Certificate,
    cipher: str = "-aes256",
    options: tuple[str, ...] = (),
) -> bytes:
    """Return a file of ``folder``, enveloped."""
    named: list[str] = []
    for number, recipient in enumerate(recipients):
        (folder / f"{number}.pem").write_bytes(recipient.public_bytes(Encoding.PEM))
        named += ["-recip", f"{number}.pem", *options]
    return openssl(
        "cms", "-encrypt", "-binary", cipher, "-in", content, "-outform", "DER", *named,
        folder=folder,
    )  # fmt: skip


def oaep(algorithm: HashAlgorithm) -> OAEP:
    return OAEP(MGF1(algorithm), algorithm, None)


PADDINGS = {
    "rsaes-pkcs1-v1_5": PKCS1v15(),
    "rsaes-oaep": oaep(SHA256()),
    "oaep with sha-1": oaep(SHA1()),
}


def public_bytes(holder: x509.Certificate | rsa.RSAPrivateKey) -> bytes:
    """Return the SubjectPublicKeyInfo (DER) of a key or certificate."""
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
