"""Bringing a key pair that was made elsewhere onto the token, so that it never leaves it again."""

from __future__ import annotations

from typing import Any

from asn1crypto.keys import PublicKeyInfo
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from pkcs11 import MGF, Attribute, Mechanism, MechanismFlag
from pkcs11.util.rsa import decode_rsa_private_key, decode_rsa_public_key

from agent.language import mark
from agent.tokens.errors import KeyEnvelopeInvalidError
from agent.tokens.protocol import KeyTransport
from agent.tokens.worker.envelope import open_envelope, read_envelope

_HASHES = {
    "sha1": (Mechanism.SHA_1, MGF.SHA1),
    "sha256": (Mechanism.SHA256, MGF.SHA256),
    "sha384": (Mechanism.SHA384, MGF.SHA384),
    "sha512": (Mechanism.SHA512, MGF.SHA512),
}


def decrypt(
    private: Any,  # noqa: ANN401 - python-pkcs11 is untyped
    data: bytes,
    scheme: KeyTransport,
    hash_name: str = "sha256",
) -> bytes:
    """Decrypt with an RSA private key that stays on the token (PKCS#11 v2.40, 2.1.6 and 2.1.8)."""
    if scheme == "rsaes-pkcs1-v1_5":
        return bytes(private.decrypt(data, mechanism=Mechanism.RSA_PKCS))
    hash_mechanism, mask = _HASHES[hash_name]
    return bytes(
        private.decrypt(
            data,
            mechanism=Mechanism.RSA_PKCS_OAEP,
            mechanism_param=(hash_mechanism, mask, None),
        )
    )


def opened_key(envelope: bytes, recipient: Any, certificate: bytes) -> rsa.RSAPrivateKey:  # noqa: ANN401
    """Return the key in ``envelope``, which the token's key ``recipient`` opens.

    Raises:
        KeyEnvelopeInvalidError: it cannot be opened, or what is inside is not the certificate's key.
    """
    parts = read_envelope(envelope)
    if parts.hash_name and parts.hash_name not in _HASHES:
        raise KeyEnvelopeInvalidError(reason=mark("it is not for exactly one RSA key"))
    content_key = decrypt(recipient, parts.encrypted_key, parts.scheme, parts.hash_name)
    try:
        key = load_der_private_key(open_envelope(parts, content_key), None)
    except ValueError:
        # Without its cause: it could show what was decrypted.
        raise KeyEnvelopeInvalidError(reason=mark("there is no private key inside")) from None
    wanted = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != wanted:
        raise KeyEnvelopeInvalidError(reason=mark("it is not the key of its certificate"))
    return key


def store_pair(session: Any, key: rsa.RSAPrivateKey, named: dict[Attribute, Any]) -> None:  # noqa: ANN401
    """Store a decryption pair; its private half is sensitive and cannot be extracted any more."""
    private = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = PublicKeyInfo.load(spki)["public_key"].parsed.dump()
    opening = MechanismFlag.DECRYPT | MechanismFlag.UNWRAP
    sealing = MechanismFlag.ENCRYPT | MechanismFlag.WRAP
    protected = {
        Attribute.TOKEN: True,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: False,
    }
    session.create_object(decode_rsa_private_key(private, opening) | protected | named)
    session.create_object(decode_rsa_public_key(public, sealing) | {Attribute.TOKEN: True} | named)
