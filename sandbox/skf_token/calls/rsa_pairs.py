"""Pairs of RSA (7.6): made inside, imported wrapped for the pair that signs, signing a DigestInfo."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from agent.keys.der import DerError, read_element
from agent.keys.public_key import PublicKey
from sandbox.skf_token import blocks
from sandbox.skf_token.call import Answer, Call, Functions
from sandbox.skf_token.codes import RSA, SM4_ECB, KeyKind, Sar, SkfError
from sandbox.skf_token.state import PAIR_BYTES, Half

_SIZES = (1024, 2048)
_MODULUS_BYTES, _EXPONENT_BYTES = 256, 4
_PUBLIC_EXPONENT = 65537


def generate(call: Call) -> Answer:
    handle, bits = call.container(), call.number()
    call.need_signing_pairs()
    call.need_user(handle)
    container = call.content(handle, KeyKind.RSA)
    if bits not in _SIZES:
        raise SkfError(Sar.MODULUS_LENGTH)
    handle.device.need_room(PAIR_BYTES[KeyKind.RSA])
    half = _half(rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=bits))
    with handle.device.changing():
        container.kind = KeyKind.RSA
        container.signing = half
    return public_blob(half.public)


def import_pair(call: Call) -> Answer:
    handle = call.container()
    call.need_user(handle)
    algorithm, wrapped, encrypted = call.number(), call.bytes(), call.bytes()
    container = call.content(handle, KeyKind.RSA)
    if not container.signing.private:
        raise SkfError(Sar.KEY_NOT_FOUND)
    if algorithm != SM4_ECB:
        raise SkfError(Sar.NOT_SUPPORTED)
    handle.device.need_room(PAIR_BYTES[KeyKind.RSA])
    half = _opened(unwrapped(container.signing, wrapped), encrypted)
    with handle.device.changing():
        container.encryption = half
    return ()


def sign(call: Call) -> Answer:
    handle, data = call.container(), call.bytes()
    call.need_user(handle)
    half = call.content(handle, KeyKind.RSA).signing
    if not half.private:
        raise SkfError(Sar.KEY_NOT_FOUND)
    try:
        return (_private(half).sign(data, padding.PKCS1v15(), NoDigestInfo()),)
    except ValueError as error:
        raise SkfError(Sar.DATA_LENGTH) from error


def unwrapped(half: Half, data: bytes) -> bytes:
    """Return the session key that was encrypted to a pair, PKCS#1 v1.5."""
    try:
        return _private(half).decrypt(data, padding.PKCS1v15())
    except ValueError as error:
        raise SkfError(Sar.RSA_DECRYPTION) from error


def public_blob(spki: bytes) -> Answer:
    """Return RSAPUBLICKEYBLOB; numbers stand at the end of their place."""
    key = PublicKey.read(spki).for_cryptography()
    assert isinstance(key, rsa.RSAPublicKey)
    numbers = key.public_numbers()
    modulus = numbers.n.to_bytes(_MODULUS_BYTES, "big")
    return RSA, key.key_size, modulus, numbers.e.to_bytes(_EXPONENT_BYTES, "big")


def _opened(key: bytes, encrypted: bytes) -> Half:
    """Return the pair whose private half, RSAPrivateKey (RFC 8017, A.1.2), is under SM4 in ECB mode."""
    if len(key) != blocks.KEY_BYTES or len(encrypted) % blocks.BLOCK_BYTES:
        raise SkfError(Sar.DATA_LENGTH)
    try:
        # However the last block was filled: the key says itself where it ends.
        der = read_element(blocks.decrypted(key, encrypted)).encoded
        opened = load_der_private_key(der, None)
    except (DerError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SkfError(Sar.DATA) from error
    if not isinstance(opened, rsa.RSAPrivateKey) or opened.key_size not in _SIZES:
        raise SkfError(Sar.DATA)
    return _half(opened)


def _half(key: rsa.RSAPrivateKey) -> Half:
    return Half(
        private=key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        public=key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )


def _private(half: Half) -> rsa.RSAPrivateKey:
    key = load_der_private_key(half.private, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


FUNCTIONS: Functions = {
    "SKF_GenRSAKeyPair": generate,
    "SKF_ImportRSAKeyPair": import_pair,
    "SKF_RSASignData": sign,
}
