"""A private key on its way to a token: EnvelopedData{ SignedData{ AsymmetricKeyPackage } }. Pure.

RFC 7030, 4.4.2 asks for exactly this nesting: the package (RFC 5958) is signed by the key centre
that made the key, and the whole is enveloped (RFC 5652, 6) to the recipient's RSA key.

A *bare* key is for tokens that unwrap it themselves (C_UnwrapKey), and so has no signature:
EnvelopedData{ PrivateKeyInfo }, its content encryption AES key wrap with padding (RFC 6033, RFC 5649).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from asn1crypto import algos, cms, core, keys
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.keywrap import aes_key_wrap_with_padding
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.keys.public_key import PublicKey
from agent.keys.signing import SignedDataDraft
from agent.renewals.authorities.ra_protocol import KeyTransport

KEY_PACKAGE = "2.16.840.1.101.2.1.2.78.5"
"""id-ct-KP-aKeyPackage (RFC 5958, 2)."""
_BLOCK_BITS = 128


class AsymmetricKeyPackage(core.SequenceOf):  # type: ignore[misc] # asn1crypto has no types
    """AsymmetricKeyPackage ::= SEQUENCE OF OneAsymmetricKey (RFC 5958, 2)."""

    _child_spec = keys.PrivateKeyInfo


@dataclass(frozen=True)
class Signer:
    """The key centre's key and the certificate that says so."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True)
class Recipient:
    """Who can open the envelope."""

    key: PublicKey
    identifier: bytes
    """The key identifier the client asked for it by."""
    transport: KeyTransport


def enveloped_key(key: rsa.RSAPrivateKey, signer: Signer, recipient: Recipient) -> bytes:
    """Return the DER ContentInfo that carries ``key`` to ``recipient``."""
    content_key, initial = os.urandom(32), os.urandom(16)
    # RFC 5652, 6.3: what is encrypted is the SignedData itself, without a ContentInfo around it.
    signed = _signed_data(_package(key), signer)
    content = {
        "content_type": "signed_data",
        "content_encryption_algorithm": algos.EncryptionAlgorithm(
            {"algorithm": "aes256_cbc", "parameters": core.OctetString(initial)}
        ),
        "encrypted_content": _encrypted(signed, content_key, initial),
    }
    return _enveloped(content, content_key, recipient)


def bare_key(key: rsa.RSAPrivateKey, recipient: Recipient) -> bytes:
    """Return the DER ContentInfo that carries ``key`` alone, wrapped, to ``recipient``."""
    content_key = os.urandom(32)
    content = {
        "content_type": "data",
        "content_encryption_algorithm": algos.EncryptionAlgorithm({"algorithm": "aes256_wrap_pad"}),
        "encrypted_content": aes_key_wrap_with_padding(content_key, _pkcs8(key)),
    }
    return _enveloped(content, content_key, recipient)


def _package(key: rsa.RSAPrivateKey) -> bytes:
    return bytes(AsymmetricKeyPackage([keys.PrivateKeyInfo.load(_pkcs8(key))]).dump())


def _pkcs8(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _signed_data(package: bytes, signer: Signer) -> bytes:
    draft = SignedDataDraft(
        content=package,
        certificate=signer.certificate.public_bytes(Encoding.DER),
        content_type=KEY_PACKAGE,
    )
    signature = signer.key.sign(draft.to_be_signed, padding.PKCS1v15(), hashes.SHA256())
    return draft.signed_data(signature)


def _recipient_info(content_key: bytes, recipient: Recipient) -> cms.RecipientInfo:
    info = cms.KeyTransRecipientInfo(
        {
            "version": "v2",
            "rid": cms.RecipientIdentifier("subject_key_identifier", recipient.identifier),
            "key_encryption_algorithm": _TRANSPORTS[recipient.transport],
            "encrypted_key": recipient.key.seal(content_key, recipient.transport),
        }
    )
    return cms.RecipientInfo("ktri", info)


_SHA256 = {"algorithm": "sha256"}
_TRANSPORTS: dict[KeyTransport, cms.KeyEncryptionAlgorithm] = {
    "rsaes-pkcs1-v1_5": cms.KeyEncryptionAlgorithm(
        {"algorithm": "rsaes_pkcs1v15", "parameters": core.Null()}
    ),
    "rsaes-oaep": cms.KeyEncryptionAlgorithm(
        {
            "algorithm": "rsaes_oaep",
            "parameters": algos.RSAESOAEPParams(
                {
                    "hash_algorithm": _SHA256,
                    "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": _SHA256},
                }
            ),
        }
    ),
}


def _encrypted(content: bytes, key: bytes, initial: bytes) -> bytes:
    padder = PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(content) + padder.finalize()
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(initial)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def _enveloped(content: dict[str, object], content_key: bytes, recipient: Recipient) -> bytes:
    enveloped = cms.EnvelopedData(
        {
            "version": "v2",  # the recipient is named by its key identifier (6.1)
            "recipient_infos": [_recipient_info(content_key, recipient)],
            "encrypted_content_info": content,
        }
    )
    info = cms.ContentInfo({"content_type": "enveloped_data", "content": enveloped})
    return bytes(info.dump())
