"""Public keys of containers, and session keys opened by their encryption pairs (7.6)."""

from __future__ import annotations

from sandbox.skf_token import blocks
from sandbox.skf_token.bus import KeyHandle
from sandbox.skf_token.call import Answer, Call, Functions
from sandbox.skf_token.calls import rsa_pairs, sm2_pairs
from sandbox.skf_token.codes import SM4_CBC, SM4_ECB, KeyKind, Sar, SkfError
from sandbox.skf_token.sealed import SealedBlob

_NO_PADDING = 0


def export_public(call: Call) -> Answer:
    handle, is_signing = call.container(), call.flag()
    if call.quirk("must_login") is not None:
        call.need_user(handle)
    container = handle.device.container(handle.application, handle.container)
    public = call.half(container, is_signing=is_signing).public
    if not public:
        raise SkfError(Sar.KEY_NOT_FOUND)
    blob_of = rsa_pairs.public_blob if container.kind == KeyKind.RSA else sm2_pairs.public_blob
    return (int(container.kind), *blob_of(public))


def import_session(call: Call) -> Answer:
    handle, algorithm, wrapped = call.container(), call.number(), call.bytes()
    call.need_user(handle)
    container = handle.device.container(handle.application, handle.container)
    half = container.encryption
    if not half.private:
        raise SkfError(Sar.KEY_NOT_FOUND)
    if algorithm not in (SM4_ECB, SM4_CBC) or call.quirk("no_sm4") is not None:
        raise SkfError(Sar.NOT_SUPPORTED)
    if container.kind == KeyKind.RSA:
        key = rsa_pairs.unwrapped(half, wrapped)
    else:
        key = SealedBlob.taken(call).opened(half)
    if len(key) != blocks.KEY_BYTES:
        raise SkfError(Sar.DATA_LENGTH)
    return call.opened(KeyHandle(handle.device, key, algorithm))


def start_encrypting(call: Call) -> Answer:
    return _start(call, is_encrypting=True)


def start_decrypting(call: Call) -> Answer:
    return _start(call, is_encrypting=False)


def encrypt(call: Call) -> Answer:
    return _pass(call, is_encrypting=True)


def decrypt(call: Call) -> Answer:
    return _pass(call, is_encrypting=False)


def close(call: Call) -> Answer:
    call.close(KeyHandle)
    return ()


def _start(call: Call, *, is_encrypting: bool) -> Answer:
    handle, iv, padding = call.key(), call.bytes(), call.number()
    is_chained = handle.algorithm == SM4_CBC
    if padding != _NO_PADDING or (is_chained and len(iv) != blocks.BLOCK_BYTES):
        raise SkfError(Sar.INVALID_PARAMETER)
    handle.iv = iv if is_chained else None
    handle.is_encrypting = is_encrypting
    return ()


def _pass(call: Call, *, is_encrypting: bool) -> Answer:
    handle, data = call.key(), call.bytes()
    if handle.is_encrypting is not is_encrypting:
        raise SkfError(Sar.NOT_INITIALISED)
    if not data or len(data) % blocks.BLOCK_BYTES:
        raise SkfError(Sar.DATA_LENGTH)
    work = blocks.encrypted if is_encrypting else blocks.decrypted
    return (work(handle.key, data, handle.iv),)


FUNCTIONS: Functions = {
    "SKF_ExportPublicKey": export_public,
    "SKF_ImportSessionKey": import_session,
    "SKF_EncryptInit": start_encrypting,
    "SKF_Encrypt": encrypt,
    "SKF_DecryptInit": start_decrypting,
    "SKF_Decrypt": decrypt,
    "SKF_CloseHandle": close,
}
