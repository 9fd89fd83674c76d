"""CMS EnvelopedData: a private key as an authority sends it, in one of two forms, or somebody's message.

EnvelopedData{SignedData{AsymmetricKeyPackage}} with AES-CBC (RFC 7030, 4.4.2; RFC 5652, 6; RFC 5958), or
EnvelopedData{PrivateKeyInfo} with AES key wrap with padding (RFC 5649 as RFC 6033, 2 has it), whose
content is just what C_UnwrapKey takes: a *bare* key. Messages may also be GM/T 0010's: for SM2 keys, with
SM4-CBC.

Pure; whatever is wrong with the bytes is one error that shows nothing of them. The signature inside is
not asked: that the key is the certificate's says more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
from asn1crypto import algos, cms, core, keys
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding
from cryptography.hazmat.primitives.serialization import load_der_private_key

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.tokens.errors import KeyEnvelopeInvalidError
from agent.tokens.pin import wipe
from agent.tokens.worker.oaep import Oaep

MAX_ENVELOPE_BYTES = 64 << 10
"""An RSA-4096 key with the certificates of its signer takes about a tenth."""
_CHUNK_BYTES = 256 << 10
"""Decrypted in one call: 2 ms with SM4."""
_BLOCK_BYTES = 16
_CBC = frozenset({"aes128_cbc", "aes192_cbc", "aes256_cbc"})
_WRAP = frozenset({"aes128_wrap_pad", "aes192_wrap_pad", "aes256_wrap_pad"})
_SM4_CBC = "1.2.156.10197.1.104.2"
_SM2_ENCRYPTION = "1.2.156.10197.1.301.3"
_GM_DATA, _GM_ENVELOPED_DATA = "1.2.156.10197.6.1.4.2.1", "1.2.156.10197.6.1.4.2.3"
"""Types of content as GM/T 0010 numbers them; the structure is CMS's."""
_SM4_KEY_BYTES = 16
_HASHES = {"sha1", "sha224", "sha256", "sha384", "sha512"}
_DAMAGED = mark("it is damaged, or not of the form RFC 7030 asks for")
_NOT_FOR_RSA = mark("it is not encrypted to an RSA key")
_NOT_AES = mark("its content is encrypted neither with AES-CBC nor with AES key wrap")
_NOT_ONE_RSA_KEY = mark("it does not hold one RSA key")


class KeyIdentity(msgspec.Struct, frozen=True):
    """By what a recipient info may name one key (RFC 5652, 6.2.1)."""

    key_identifiers: frozenset[bytes]
    certificates: frozenset[tuple[bytes, int]]
    """Issuer (DER) and serial number."""


class Recipient(msgspec.Struct, frozen=True):
    """One KeyTransRecipientInfo: the content key, encrypted to one RSA or SM2 key."""

    name: bytes | tuple[bytes, int]
    """The subject key identifier, or issuer (DER) and serial number."""
    oaep: Oaep | None
    """None for RSAES-PKCS1-v1_5."""
    encrypted_key: bytes
    """For SM2 it is SM2Cipher in DER (GM/T 0009, 7.2)."""
    is_sm2: bool = False

    def names(self, key: KeyIdentity) -> bool:
        """Return whether it is for ``key``."""
        return self.name in key.key_identifiers or self.name in key.certificates


@dataclass(frozen=True, slots=True)
class Envelope:
    """What can be read without a key."""

    recipients: tuple[Recipient, ...]
    key_bytes: int
    """The length of the content key."""
    initial: bytes
    """CBC's initialisation vector; empty where the content is a bare, wrapped key."""
    content: bytes = field(repr=False)
    is_data: bool = False
    """Whether it says that its content is plain data; some say so of whatever is in it."""
    is_sm4: bool = False
    """Whether the content is encrypted with SM4, else with AES."""

    @property
    def is_bare(self) -> bool:
        """Whether the content is a private key alone, wrapped with AES (RFC 5649)."""
        return not self.initial

    def recipients_for(self, key: KeyIdentity) -> tuple[Recipient, ...]:
        """Return those to try with ``key``: those that name it, or the only one there is.

        What an authority calls a key without a certificate is not always the RFC's identifier.
        """
        named = tuple(recipient for recipient in self.recipients if recipient.names(key))
        return named or (self.recipients if len(self.recipients) == 1 else ())

    def opened(self, content_key: bytearray) -> bytearray:
        """Return the content in clear, to be wiped by who asked; KeyEnvelopeInvalidError."""
        if self.is_bare:
            with _reading():
                return bytearray(aes_key_unwrap_with_padding(content_key, self.content))
        algorithm = SM4(bytes(content_key)) if self.is_sm4 else algorithms.AES(content_key)
        decryptor = Cipher(algorithm, modes.CBC(self.initial)).decryptor()
        sealed, clear = memoryview(self.content), bytearray(len(self.content) + _BLOCK_BYTES - 1)
        end = 0
        with memoryview(clear) as room:  # in pieces: no other thread runs during a call
            for at in range(0, len(sealed), _CHUNK_BYTES):
                end += decryptor.update_into(sealed[at : at + _CHUNK_BYTES], room[end:])
        del clear[end:]
        decryptor.finalize()
        return without_padding(clear)


def without_padding(clear: bytearray) -> bytearray:
    """Return decrypted blocks of CBC without what fills up the last (RFC 5652, 6.3); KeyEnvelopeInvalidError.

    What is refused is wiped.
    """
    padding = clear[-1] if clear else 0
    if not 0 < padding <= _BLOCK_BYTES or any(byte != padding for byte in clear[-padding:]):
        wipe(clear)
        raise KeyEnvelopeInvalidError(reason=_DAMAGED)
    del clear[-padding:]
    return clear


class _AsymmetricKeyPackage(core.SequenceOf):  # type: ignore[misc] # asn1crypto has no types
    """AsymmetricKeyPackage ::= SEQUENCE OF OneAsymmetricKey (RFC 5958, 2)."""

    _child_spec = keys.PrivateKeyInfo


def read_envelope(
    der: bytes, *, limit: int = MAX_ENVELOPE_BYTES, takes_sm: bool = False
) -> Envelope:
    """Read the ContentInfo in ``der``; KeyEnvelopeInvalidError.

    Args:
        der: no longer than ``limit`` bytes.
        limit: in bytes.
        takes_sm: for SM2 keys and with SM4, too.
    """
    if len(der) > limit:
        raise KeyEnvelopeInvalidError(reason=_DAMAGED)
    with _reading():
        enveloped = _enveloped_data(der, takes_sm=takes_sm)
        recipients = tuple(
            _recipient(info.chosen, takes_sm=takes_sm)
            for info in enveloped["recipient_infos"]
            if info.name == "ktri"
        )
        if not recipients:
            raise KeyEnvelopeInvalidError(reason=_NOT_FOR_RSA)
        return _envelope(recipients, enveloped["encrypted_content_info"], takes_sm=takes_sm)


def bare_key_in(content: bytearray) -> rsa.RSAPrivateKey:
    """Return the key in the ``content`` in clear of a bare key's envelope; KeyEnvelopeInvalidError."""
    with _reading():
        return _rsa_key(keys.PrivateKeyInfo.load(bytes(content), strict=True))


def private_key_in(content: bytearray) -> rsa.RSAPrivateKey:
    """Return the key in the ``content`` in clear of any other envelope; KeyEnvelopeInvalidError.

    The content is SignedData alone (RFC 5652, 6.3), or has a ContentInfo around it, as `openssl` makes it.
    """
    with _reading():
        signed = _signed_data(bytes(content))
        package = bytes(signed["encap_content_info"]["content"])
        packed = _AsymmetricKeyPackage.load(package, strict=True)
        if len(packed) != 1:
            raise KeyEnvelopeInvalidError(reason=_NOT_ONE_RSA_KEY)
        return _rsa_key(packed[0])


def _rsa_key(info: keys.PrivateKeyInfo) -> rsa.RSAPrivateKey:
    if info["private_key_algorithm"]["algorithm"].native != "rsa":
        raise KeyEnvelopeInvalidError(reason=_NOT_ONE_RSA_KEY)
    # As PKCS#1: OneAsymmetricKey may be of a version cryptography does not read.
    key = load_der_private_key(bytes(info["private_key"].parsed.dump()), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _enveloped_data(der: bytes, *, takes_sm: bool) -> cms.EnvelopedData:
    info = cms.ContentInfo.load(der, strict=True)
    found = info["content_type"].native
    if found == "enveloped_data":
        return info["content"]
    if takes_sm and found == _GM_ENVELOPED_DATA:
        return info["content"].parse(cms.EnvelopedData)
    raise KeyEnvelopeInvalidError(reason=_DAMAGED)


def _recipient(info: cms.KeyTransRecipientInfo, *, takes_sm: bool) -> Recipient:
    identifier = info["rid"].chosen
    name: bytes | tuple[bytes, int]
    if info["rid"].name == "subject_key_identifier":
        name = bytes(identifier.native)
    else:
        name = (bytes(identifier["issuer"].dump()), int(identifier["serial_number"].native))
    algorithm = info["key_encryption_algorithm"]
    encrypted_key = bytes(info["encrypted_key"].native)
    if takes_sm and algorithm["algorithm"].native == _SM2_ENCRYPTION:
        return Recipient(name, None, encrypted_key, is_sm2=True)
    return Recipient(name, _oaep(algorithm), encrypted_key)


def _oaep(algorithm: cms.KeyEncryptionAlgorithm) -> Oaep | None:
    if algorithm["algorithm"].native in {"rsaes_pkcs1v15", "rsa"}:
        return None
    if algorithm["algorithm"].native != "rsaes_oaep":
        raise KeyEnvelopeInvalidError(reason=_NOT_FOR_RSA)
    given = algorithm["parameters"]
    parameters = algos.RSAESOAEPParams({}) if isinstance(given, core.Null | core.Void) else given
    mask = parameters["mask_gen_algorithm"]
    source = parameters["p_source_algorithm"]
    oaep = Oaep(
        hash=parameters["hash_algorithm"]["algorithm"].native,
        mask_hash=mask["parameters"]["algorithm"].native,
        label=bytes(source["parameters"].native),
    )
    if not {oaep.hash, oaep.mask_hash} <= _HASHES or mask["algorithm"].native != "mgf1":
        raise KeyEnvelopeInvalidError(reason=_NOT_FOR_RSA)
    return oaep


def _envelope(
    recipients: tuple[Recipient, ...], info: cms.EncryptedContentInfo, *, takes_sm: bool
) -> Envelope:
    algorithm = info["content_encryption_algorithm"]
    name = algorithm["algorithm"].native
    is_sm4 = takes_sm and name == _SM4_CBC
    if not is_sm4 and name not in _CBC | _WRAP:
        raise KeyEnvelopeInvalidError(reason=_NOT_AES)
    # `openssl cms` says "data" of whatever is in it.
    is_data = info["content_type"].native in ({"data", _GM_DATA} if takes_sm else {"data"})
    if not is_data and info["content_type"].native != "signed_data":
        raise KeyEnvelopeInvalidError(reason=_DAMAGED)
    is_bare = name in _WRAP
    initial = b"" if is_bare else bytes(algorithm["parameters"].native)
    content = bytes(info["encrypted_content"].native)
    block_bytes = _BLOCK_BYTES // 2 if is_bare else _BLOCK_BYTES  # RFC 5649 takes half blocks
    if not content or len(content) % block_bytes or (not is_bare and len(initial) != _BLOCK_BYTES):
        raise KeyEnvelopeInvalidError(reason=_DAMAGED)
    key_bytes = _SM4_KEY_BYTES if is_sm4 else int(name[3:6]) // 8
    return Envelope(recipients, key_bytes, initial, content, is_data, is_sm4)


def _signed_data(der: bytes) -> cms.SignedData:
    # A ContentInfo begins with its type, SignedData with its version (RFC 5652, 3 and 5.1).
    first = core.Sequence.load(der, strict=True)[0]
    if isinstance(first, core.ObjectIdentifier):
        info = cms.ContentInfo.load(der, strict=True)
        if info["content_type"].native != "signed_data":
            raise KeyEnvelopeInvalidError(reason=_DAMAGED)
        return info["content"]
    return cms.SignedData.load(der, strict=True)


@contextlib.contextmanager
def _reading() -> Iterator[None]:
    """Make one error of all that hostile bytes bring about; what it said could hold a key's parts."""
    try:
        yield
    except OdcError:
        raise
    except Exception:  # noqa: BLE001 - asn1crypto raises many kinds, when a part is first looked at
        raise KeyEnvelopeInvalidError(reason=_DAMAGED) from None
