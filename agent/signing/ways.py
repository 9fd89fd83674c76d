"""How one document is signed: what all ways have in common, and the detached signature beside any file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import msgspec

from agent.ground.clock import Clock
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.keys.cades import cades_draft
from agent.keys.schemes import USUAL
from agent.keys.signing import Elsewhere
from agent.signing.documents import Document, read_for_signing
from agent.signing.errors import (
    DocumentChangedError,
    SignatureExistsError,
    SignatureNotWrittenError,
)
from agent.signing.holder import Holder
from agent.system.files import saved_stamp, write_beside

SUFFIX = ".p7s"
"""Of a detached signature (RFC 8551, 3.2.1), after the document's whole name."""
Sign = Callable[[bytes], Awaitable[bytes]]
"""Has the token sign, and raises where that signature is not its key's."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a document that was signed."""

    level: str = ""
    """Of a signature inside a PDF: ``b-b``, ``b-t`` or ``b-lt`` (ETSI EN 319 142-1, 6)."""
    shortfall: OdcError | None = None
    """Why it is of a lower level than was wanted."""


class Wish(Protocol):
    """A document as it was read, and the way it is to be signed."""

    @property
    def document(self) -> Document:
        """What a person is told of it."""

    @property
    def target(self) -> Path:
        """The file that is to be made."""

    async def sign(self, holder: Holder, sign: Sign, clock: Clock) -> Done:
        """Sign the document, and write it; OdcError where it was not."""


class Beside(msgspec.Struct, frozen=True):
    """A detached signature (CAdES-B-B) beside the document."""

    document: Document

    @property
    def target(self) -> Path:
        """Beside it."""
        return signature_of(self.document.file)

    async def sign(self, holder: Holder, sign: Sign, clock: Clock) -> Done:
        """Sign the document's digest."""
        document = self.document
        draft = cades_draft(
            Elsewhere(document.digest), certificate=holder.certificate.der, signing_time=clock()
        )
        if await asyncio.to_thread(saved_stamp, document.file) != document.stamp:
            raise DocumentChangedError(file=document.file.name)
        signature = await sign(draft.to_be_signed)
        await asyncio.to_thread(write_signed, self.target, draft.message(signature))
        return Done()


def read_beside(file: Path, holder: Holder) -> Beside:
    """Return a file to be signed by a signature beside it; for a thread.

    Raises:
        OdcError: as :func:`read_for_signing` and :func:`check_room` say.
    """
    check_room(signature_of(file))
    return Beside(read_for_signing(file, USUAL[holder.public_key.family].digest))


def signature_of(file: Path) -> Path:
    """Return where the detached signature of a document lies: beside it."""
    return file.with_name(file.name + SUFFIX)


def check_room(target: Path) -> None:
    """Find out before a PIN is entered for nothing; SignatureExistsError, SignatureNotWrittenError."""
    if os.path.lexists(target):
        raise SignatureExistsError(file=target.name)
    if target.parent.is_dir() and not os.access(target.parent, os.W_OK):
        raise SignatureNotWrittenError(file=target.name, reason=mark("Permission denied"))


def write_signed(target: Path, *content: bytes, mode: int | None = None) -> None:
    """Make the file; SignatureExistsError, SignatureNotWrittenError."""
    try:
        write_beside(target, *content, mode=mode)
    except FileExistsError as error:
        raise SignatureExistsError(file=target.name) from error
    except OSError as error:
        raise SignatureNotWrittenError(file=target.name, reason=reason_of(error)) from error
