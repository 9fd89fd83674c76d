"""Documents on this computer, as somebody is asked about them: name, size, SHA-256; never a bare hash.

All of it takes as long as the disk does: for a thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes

from agent.ground import held_files
from agent.ground.errors import reason_of
from agent.ground.language import mark
from agent.keys.signed_data import MAX_MESSAGE_BYTES
from agent.signing.errors import DocumentUnreadableError, OwnMessageError
from agent.signing.own_messages import is_own_message, may_be_own_message
from agent.system.files import saved_stamp

_CHUNK_BYTES = 1 << 20


class Document(msgspec.Struct, frozen=True):
    """A file that was read through once."""

    file: Path
    size: int
    sha256: bytes
    digest: bytes
    """By the algorithm that was asked for."""
    stamp: object
    """What differs once it was changed."""


def read_for_signing(file: Path, algorithm: hashes.HashAlgorithm) -> Document:
    """Return what can be said of a document that may be signed.

    Raises:
        DocumentUnreadableError: it is no file, or the system refuses it.
        OwnMessageError: it reads like a message to an authority.
    """
    stamp = saved_stamp(file)
    digests = {each.name: hashes.Hash(each) for each in (hashes.SHA256(), algorithm)}
    size, is_suspect, kept = 0, True, bytearray()
    for chunk in _chunks(file):
        for digest in digests.values():
            digest.update(chunk)
        # What begins otherwise, or is longer than any message, needs not be kept.
        is_suspect &= size <= MAX_MESSAGE_BYTES and bool(kept or may_be_own_message(chunk))
        kept += chunk if is_suspect else b""
        size += len(chunk)
    if is_suspect and is_own_message(bytes(kept)):
        raise OwnMessageError(file=file.name)
    done = {name: digest.finalize() for name, digest in digests.items()}
    return Document(file, size, done["sha256"], done[algorithm.name], stamp)


def document_of(file: Path, content: bytes, stamp: object) -> Document:
    """Return what can be said of a document whose content is at hand; OwnMessageError."""
    if is_own_message(content):
        raise OwnMessageError(file=file.name)
    digest = sha256(content).digest()
    return Document(file, len(content), digest, digest, stamp)


def read_whole(file: Path, limit: int) -> bytes:
    """Return what is in a file, or as much of it as ``limit`` bytes; DocumentUnreadableError."""
    content = bytearray()
    for chunk in _chunks(file):
        content += chunk
        if len(content) >= limit:
            break
    return bytes(content[:limit])


def digest_of(file: Path, algorithm: hashes.HashAlgorithm) -> bytes:
    """Return the digest of a document; DocumentUnreadableError."""
    digest = hashes.Hash(algorithm)
    for chunk in _chunks(file):
        digest.update(chunk)
    return digest.finalize()


def read_signature(file: Path) -> bytes:
    """Return what is in a signature's file; DocumentUnreadableError."""
    content = bytearray()
    for chunk in _chunks(file):
        content += chunk
        if len(content) > 2 * MAX_MESSAGE_BYTES:
            raise DocumentUnreadableError(file=file.name, reason=mark("it is too large"))
    return bytes(content)


def _chunks(file: Path) -> Iterator[bytes]:
    try:
        if not file.is_file():  # a pipe or a device would be waited for without end
            missing = mark("No such file or directory")
            reason = mark("it is not a file") if file.exists() else missing
            raise DocumentUnreadableError(file=file.name, reason=reason)
        with held_files.open_to_read(file) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise DocumentUnreadableError(file=file.name, reason=reason_of(error)) from error
