"""Verifying a signature that lies on this computer, beside its document or with it inside."""

from __future__ import annotations

import asyncio
import base64
import binascii
import codecs
import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import hashes

from agent.certificates.chain import TrustStore
from agent.certificates.parsing import CertificateDamagedError
from agent.ground.clock import Clock
from agent.keys.cades import SignerNotNamedError
from agent.keys.signed_data import (
    BadSignatureError,
    MalformedMessageError,
    VerifiedSigner,
    is_detached,
    read_certificates,
    read_detached,
    read_signed_data,
)
from agent.signing.documents import digest_of, read_signature
from agent.signing.errors import (
    SignatureMalformedError,
    SignatureMissingError,
    SignatureWrongError,
)
from agent.signing.verifying import Verified, judge
from agent.signing.ways import signature_of

_SUFFIXES = (".p7s", ".p7m", ".p7")
_PEM = re.compile(rb"-----(BEGIN|END) [A-Z0-9 ]+-----")


class Checked(msgspec.Struct, frozen=True):
    """A signature that is right, and of what."""

    document: Path | None
    """None where the content is in the signature's file."""
    signature: Path
    verified: Verified


async def check(
    file: Path,
    signature: Path | None,
    *,
    trust: Callable[[], Awaitable[TrustStore | None]],
    clock: Clock,
) -> Checked:
    """Verify the signature of a file, or in it.

    Args:
        file: the document, whose signature lies beside it, or the signature itself.
        signature: where the signature is, if it is elsewhere.
        trust: who is trusted; asked once the signature was found right.
        clock: tells the instant of asking.

    Raises:
        DocumentUnreadableError, SignatureMissingError, SignatureMalformedError, SignatureWrongError
    """
    document, signature = _which(file, signature)
    is_named = document == file
    der = _der(await asyncio.to_thread(_read, signature))
    try:
        signer, is_inside = await asyncio.to_thread(_verified, der, document, is_named=is_named)
        enclosed = read_certificates(der)
        store = await trust() or TrustStore()
        verified = await asyncio.to_thread(judge, signer, enclosed, store, clock())
    except MalformedMessageError as error:
        raise SignatureMalformedError(file=signature.name) from error
    except (BadSignatureError, SignerNotNamedError, CertificateDamagedError) as error:
        raise SignatureWrongError from error
    return Checked(None if is_inside else document, signature, verified)


def _which(file: Path, signature: Path | None) -> tuple[Path, Path]:
    """Return document and signature."""
    if signature is not None:
        return file, signature
    if file.suffix.lower() in _SUFFIXES:
        return file.with_suffix(""), file
    return file, signature_of(file)


def _read(signature: Path) -> bytes:
    if not signature.exists():
        raise SignatureMissingError(file=signature.name)
    return read_signature(signature)


def _verified(der: bytes, document: Path, *, is_named: bool) -> tuple[VerifiedSigner, bool]:
    """Return who signed, and whether the content is in the message.

    Where a person named the document, content in the message must be that.
    """
    if is_detached(der):
        return read_detached(der, lambda algorithm: digest_of(document, algorithm)), False
    message = read_signed_data(der)
    if is_named and sha256(message.content).digest() != digest_of(document, hashes.SHA256()):
        raise BadSignatureError("another content is signed")
    return message, not is_named


def _der(content: bytes) -> bytes:
    """Return a message without the base64 that portals and mail programs put around it."""
    if content[:1] == b"\x30":
        return content
    text = _PEM.sub(b"", content.removeprefix(codecs.BOM_UTF8))
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except binascii.Error:
        return content
