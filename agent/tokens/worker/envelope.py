"""A private key on its way to the token: EnvelopedData{ SignedData{ AsymmetricKeyPackage } }. Pure.

RFC 7030, 4.4.2, RFC 5652, RFC 5958. The inner signature is not looked at: the key has to fit a
certificate of the pinned authority, which says more.
"""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import cms, core, keys
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from agent.language import mark
from agent.tokens.errors import KeyEnvelopeInvalidError
from agent.tokens.protocol import KeyTransport

KEY_PACKAGE = "2.16.840.1.101.2.1.2.78.5"
"""id-ct-KP-aKeyPackage (RFC 5958, 2)."""
_SCHEMES: dict[str, KeyTransport] = {
    "rsaes_pkcs1v15": "rsaes-pkcs1-v1_5",
    "rsa": "rsaes-pkcs1-v1_5",
    "rsaes_oaep": "rsaes-oaep",
}
_AES_KEY_LENGTHS = {16, 24, 32}
MAX_BYTES = 1 << 20


class _KeyPackage(core.SequenceOf):  # type: ignore[misc] # asn1crypto has no types
    """AsymmetricKeyPackage ::= SEQUENCE OF OneAsymmetricKey (RFC 5958, 2)."""

    _child_spec = keys.PrivateKeyInfo


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is to be decrypted: the content key by the token, the content with it."""

    encrypted_key: bytes
    scheme: KeyTransport
    hash_name: str
    """Of OAEP, such as ``sha256``."""
    initial: bytes
    """AES-CBC's initialisation vector."""
    content: bytes

    def __repr__(self) -> str:
        return "Envelope(…)"


def read_envelope(der: bytes) -> Envelope:
    """Return the parts of an envelope.

    Raises:
        KeyEnvelopeInvalidError: it is none, or not one a token can open.
    """
    try:
        return _read(der)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeyEnvelopeInvalidError(reason=mark("it is not CMS EnvelopedData")) from error


def _read(der: bytes) -> Envelope:
    if len(der) > MAX_BYTES:
        raise ValueError
    info = cms.ContentInfo.load(der, strict=True)
    if info["content_type"].native != "enveloped_data":
        raise ValueError
    data = info["content"]
    recipients = [r.chosen for r in data["recipient_infos"] if r.name == "ktri"]
    if len(recipients) != 1:
        raise KeyEnvelopeInvalidError(reason=mark("it is not for exactly one RSA key"))
    algorithm = recipients[0]["key_encryption_algorithm"]
    scheme = _SCHEMES[algorithm["algorithm"].native]
    encrypted = data["encrypted_content_info"]
    content_algorithm = encrypted["content_encryption_algorithm"]
    if content_algorithm.encryption_cipher != "aes" or content_algorithm.encryption_mode != "cbc":
        raise KeyEnvelopeInvalidError(reason=mark("its content is not encrypted with AES-CBC"))
    return Envelope(
        encrypted_key=recipients[0]["encrypted_key"].native,
        scheme=scheme,
        hash_name=algorithm["parameters"]["hash_algorithm"]["algorithm"].native
        if scheme == "rsaes-oaep"
        else "",
        initial=content_algorithm.encryption_iv,
        content=encrypted["encrypted_content"].native,
    )


def open_envelope(envelope: Envelope, content_key: bytes) -> bytes:
    """Return the private key (PKCS#8, DER) in ``envelope``.

    Raises:
        KeyEnvelopeInvalidError: the content key is not its, or there is no single key inside.
    """
    reason = mark("it cannot be decrypted")
    try:
        plain = _decrypted(envelope, content_key)
        reason = mark("there is no private key inside")
        return _private_key(plain)
    except (ValueError, TypeError, KeyError, AttributeError):
        # Without its cause: it could show what was decrypted.
        raise KeyEnvelopeInvalidError(reason=reason) from None


def _decrypted(envelope: Envelope, content_key: bytes) -> bytes:
    if len(content_key) not in _AES_KEY_LENGTHS:
        raise ValueError
    decryptor = Cipher(algorithms.AES(content_key), modes.CBC(envelope.initial)).decryptor()
    padded = decryptor.update(envelope.content) + decryptor.finalize()
    unpadder = PKCS7(algorithms.AES.block_size).unpadder()
    return unpadder.update(padded) + unpadder.finalize()


def _private_key(plain: bytes) -> bytes:
    """Return the one key of the package, with SignedData around it or without, as servers have it."""
    package = _content(plain)
    try:
        [found] = _KeyPackage.load(package, strict=True)
        return bytes(found.dump())
    except (ValueError, TypeError):
        return bytes(keys.PrivateKeyInfo.load(package, strict=True).dump())


def _content(plain: bytes) -> bytes:
    """Return what is inside SignedData, bare or in ContentInfo; else the bytes themselves."""
    try:
        info = cms.ContentInfo.load(plain, strict=True)
        signed = info["content"] if info["content_type"].native == "signed_data" else None
    except (ValueError, TypeError):
        signed = None
    try:
        signed = signed or cms.SignedData.load(plain, strict=True)
        content = signed["encap_content_info"]["content"]
        return bytes(content) if content.native is not None else plain
    except (ValueError, TypeError, KeyError):
        return plain
