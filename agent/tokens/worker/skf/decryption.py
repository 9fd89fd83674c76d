"""Somebody's message: the token opens its key (SKF_ImportSessionKey) and decrypts the content by itself."""

from __future__ import annotations

import os

from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from agent.keys.sm2_cipher import CipherError, Sm2Cipher
from agent.tokens import protocol
from agent.tokens.errors import KeyEnvelopeUnopenedError
from agent.tokens.worker.skf.access import TokenAccess
from agent.tokens.worker.skf.codes import SM4_CBC, UNOPENED, SkfError
from agent.tokens.worker.skf.container import Container

_BLOCK_BYTES = _KEY_BYTES = 16
AT_ONCE_BYTES = 8 << 10
"""What a library is given at a time: how much its buffers take, the standard does not say."""


def decrypt_content(access: TokenAccess, request: protocol.DecryptContent) -> bytes:
    """Decrypt with the message's key; where it does not open, with a random one, which takes as long.

    What that gives is random for RSA, whose token would tell whoever sends messages whether a padding was
    right (RFC 3218). SM2Cipher has a digest of what is sealed: nobody learns more than that it is not his.

    Raises:
        KeyEnvelopeUnopenedError: SM2's, once all of the work was done.
    """
    with access.pair(request.key) as (container, public):
        sealed = _cipher(access, public, request.encrypted_key)
        try:
            return _decrypted(container, sealed, request)
        except SkfError as error:
            if error.code not in UNOPENED:
                raise
        other = _cipher(access, public, public.seal(os.urandom(_KEY_BYTES)))
        random = _decrypted(container, other, request)
    if public.family is Family.SM2:
        raise KeyEnvelopeUnopenedError
    return random


def _decrypted(container: Container, sealed: bytes, request: protocol.DecryptContent) -> bytes:
    clear, before = bytearray(), request.initial
    with container.session_key(sealed, SM4_CBC) as session_key:
        for at in range(0, len(request.content), AT_ONCE_BYTES):
            blocks = request.content[at : at + AT_ONCE_BYTES]
            clear += session_key.decrypted(before, blocks)
            before = blocks[-_BLOCK_BYTES:]
    return bytes(clear)


def _cipher(access: TokenAccess, public: PublicKey, sealed: bytes) -> bytes:
    """Return what SKF_ImportSessionKey takes; of what is no SM2Cipher one that does not open."""
    if public.family is not Family.SM2:
        return sealed
    try:
        cipher = Sm2Cipher.read(sealed)
    except CipherError:
        made = Sm2Cipher.read(public.seal(os.urandom(_KEY_BYTES)))
        cipher = Sm2Cipher(made.point, bytes(len(made.digest)), made.text)
    return access.module.library.layout.cipher(cipher)
