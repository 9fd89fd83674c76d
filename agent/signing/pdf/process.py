"""Asking the PDF worker: one process for one question, however it ends. All of it is for a thread."""

from __future__ import annotations

import importlib.util
import re
from typing import TypeVar

import msgspec

from agent.ground.decoding import from_json
from agent.signing.pdf.errors import OF_FAULT, PdfNotConfinedError, PdfPartMissingError
from agent.signing.pdf.model import (
    MAX_PDF_BYTES,
    Append,
    Appended,
    Measure,
    Measured,
    PdfFault,
    Prepare,
    Prepared,
    Read,
    Refused,
    Reply,
    Request,
    Signatures,
)
from agent.system.confinement import NotConfinedError
from agent.system.file_workers import ask

SECONDS = 120.0
"""How long a question may take by the clock; a worker's processor time is limited, too."""
MAX_ADDED = 64 << 20
"""Bytes a worker may add: pictures, certificates, lists of what was revoked."""
_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")
_R = TypeVar("_R", bound=Reply)


def has_pdf_part() -> bool:
    """Return whether the library that the worker needs is installed."""
    return importlib.util.find_spec("pyhanko") is not None


def prepare(name: str, pdf: bytes, wish: Prepare, picture: bytes = b"") -> tuple[Prepared, bytes]:
    """Return where an empty signature's hole is, and what comes after the PDF's own bytes.

    Args:
        name: of the file, for whoever reads the error.
        pdf: as it is.
        wish: what is to be added.
        picture: of its stamp.

    Raises:
        OdcError: those of :mod:`agent.signing.pdf.errors`.
    """
    reply, added = _ask(name, wish, Prepared, picture, pdf)
    if not _is_whole(reply, len(pdf), added):
        raise OF_FAULT[PdfFault.TOO_DEMANDING](file=name)
    return reply, added


def append(name: str, pdf: bytes, wish: Append) -> bytes:
    """Return what comes after the PDF's own bytes; errors as :func:`prepare` has them."""
    return _ask(name, wish, Appended, pdf)[1]


def read(name: str, pdf: bytes) -> Signatures:
    """Return all signatures of a PDF; errors as :func:`prepare` has them."""
    return _ask(name, Read(), Signatures, pdf)[0]


def measure(name: str, pdf: bytes, page: int) -> Measured:
    """Return how large a page is; errors as :func:`prepare` has them."""
    return _ask(name, Measure(page=page), Measured, pdf)[0]


def _ask(name: str, request: Request, kind: type[_R], *content: bytes) -> tuple[_R, bytes]:
    if not has_pdf_part():
        raise PdfPartMissingError
    if sum(map(len, content)) > 2 * MAX_PDF_BYTES:
        raise OF_FAULT[PdfFault.TOO_DEMANDING](file=name)
    question = msgspec.json.encode(request)
    module = "agent.signing.pdf.worker"
    try:
        answer = ask(module, question, *content, longest=MAX_ADDED, seconds=SECONDS)
    except NotConfinedError as error:
        raise PdfNotConfinedError from error
    header, _, added = answer.partition(b"\n")
    try:
        reply = from_json(header, Reply)
    except msgspec.MsgspecError:
        reply = Refused(fault=PdfFault.TOO_DEMANDING)
    if isinstance(reply, kind):
        return reply, added
    fault = reply.fault if isinstance(reply, Refused) else PdfFault.TOO_DEMANDING
    raise OF_FAULT[fault](file=name)


def _is_whole(prepared: Prepared, before: int, added: bytes) -> bool:
    """Return whether what a worker added has the hole it says, and names no other (ISO 32000-1, 12.8.1).

    A worker is fed by strangers, so it is believed nothing that can be looked at.
    """
    start, end = prepared.start - before, prepared.end - before
    if not 0 < start < end <= len(added):
        return False
    hole, said = added[start:end], _BYTE_RANGE.findall(added)
    is_empty = hole[:1] + hole[-1:] == b"<>" and not hole[1:-1].strip(b"0")
    whole = (0, prepared.start, prepared.end, before + len(added) - prepared.end)
    return is_empty and [tuple(map(int, each)) for each in said] == [whole]
