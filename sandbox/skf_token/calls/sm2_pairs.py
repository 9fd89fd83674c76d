"""Pairs of SM2 (7.6): made inside, imported sealed to the pair that signs, signing digests."""

from __future__ import annotations

import secrets

from agent.keys import sm2
from sandbox.private_keys import Sm2PrivateKey
from sandbox.skf_token import blocks
from sandbox.skf_token.call import Answer, Call, Functions
from sandbox.skf_token.codes import SM2_1, SM4_ECB, KeyKind, Sar, SkfError
from sandbox.skf_token.sealed import SealedBlob, private_key
from sandbox.skf_token.state import PAIR_BYTES, Half

FIELD_BYTES = 64
"""Of a number in a blob, which stands at their end."""
_BITS = 256
_VERSION = 1


def generate(call: Call) -> Answer:
    handle, algorithm = call.container(), call.number()
    call.need_signing_pairs()
    call.need_user(handle)
    container = call.content(handle, KeyKind.SM2)
    if algorithm != int(call.quirk("sm2_1") or hex(SM2_1), 16):
        raise SkfError(Sar.INVALID_PARAMETER)
    handle.device.need_room(PAIR_BYTES[KeyKind.SM2])
    made = Sm2PrivateKey.new()
    with handle.device.changing():
        container.kind = KeyKind.SM2
        container.signing = Half(private=made.private, public=made.point)
    return public_blob(made.point)


def import_pair(call: Call) -> Answer:
    handle = call.container()
    call.need_user(handle)
    version, algorithm, bits, encrypted = (
        call.number(),
        call.number(),
        call.number(),
        call.bytes(),
    )
    point = _take_point(call)
    sealed = SealedBlob.taken(call)
    container = call.content(handle, KeyKind.SM2)
    if not container.signing.private:
        raise SkfError(Sar.KEY_NOT_FOUND)
    handle.device.need_room(PAIR_BYTES[KeyKind.SM2])
    try:
        _check_kind(version, algorithm, bits)
        private = _private_of(sealed.opened(container.signing), encrypted, point)
    except SkfError:
        if call.quirk("imports_anything") is None:
            raise
        private = secrets.token_bytes(sm2.NUMBER_BYTES)
    with handle.device.changing():
        container.encryption = Half(private=private, public=point)
    return ()


def sign(call: Call) -> Answer:
    handle, digest = call.container(), call.bytes()
    call.need_user(handle)
    half = call.content(handle, KeyKind.SM2).signing
    if not half.private:
        raise SkfError(Sar.KEY_NOT_FOUND)
    if len(digest) != sm2.DIGEST_BYTES:
        raise SkfError(Sar.DATA_LENGTH)
    r, s = private_key(half).sign_digest(digest)
    return r.to_bytes(FIELD_BYTES, "big"), s.to_bytes(FIELD_BYTES, "big")


def public_blob(point: bytes) -> Answer:
    """Return ECCPUBLICKEYBLOB."""
    x, y = sm2.coordinates(point)
    return _BITS, x.to_bytes(FIELD_BYTES, "big"), y.to_bytes(FIELD_BYTES, "big")


def _take_point(call: Call) -> bytes:
    call.number()  # BitLen, which libraries leave at 0 as well
    x, y = (int.from_bytes(call.bytes(), "big") for _ in range(2))
    try:
        point = sm2.point_of(x, y)
    except OverflowError as error:
        raise SkfError(Sar.DATA) from error
    if not sm2.is_point(point):
        raise SkfError(Sar.DATA)
    return point


def _check_kind(version: int, algorithm: int, bits: int) -> None:
    if (version, algorithm, bits) != (_VERSION, SM4_ECB, _BITS):
        raise SkfError(Sar.INVALID_PARAMETER)


def _private_of(key: bytes, encrypted: bytes, point: bytes) -> bytes:
    """Return the private half; DATA where it does not belong to the public one."""
    if len(key) != blocks.KEY_BYTES:
        raise SkfError(Sar.DATA_LENGTH)
    private = blocks.decrypted(key, encrypted)[-sm2.NUMBER_BYTES :]
    try:
        belongs = Sm2PrivateKey.of(int.from_bytes(private, "big")).point == point
    except ValueError as error:
        raise SkfError(Sar.DATA) from error
    if not belongs:
        raise SkfError(Sar.DATA)
    return private


FUNCTIONS: Functions = {
    "SKF_GenECCKeyPair": generate,
    "SKF_ImportECCKeyPair": import_pair,
    "SKF_ECCSignData": sign,
}
