"""Answer one question about one PDF: a line of JSON and the file in, a line of JSON and what is added out."""

from __future__ import annotations

import logging
import os
import sys

import msgspec
from pyhanko.pdf_utils.misc import PdfDecodeLimitError

from agent.renewals.scans.worker.pictures import set_up
from agent.signing.pdf.model import (
    Append,
    Measure,
    Measured,
    PdfFault,
    Prepare,
    Refused,
    Reply,
    Request,
)
from agent.signing.pdf.worker.appending import append
from agent.signing.pdf.worker.loading import load
from agent.signing.pdf.worker.opening import UnusableError, open_reader
from agent.signing.pdf.worker.pages import find_page, number_of, pages_in
from agent.signing.pdf.worker.preparing import prepare
from agent.signing.pdf.worker.reading import read
from agent.system.confinement import confine_or_end

MEMORY = 1024 * 1024 * 1024
"""Bytes: a document of MAX_PDF_BYTES is held some times over."""
CPU_SECONDS = 60


def _answer(request: Request, content: bytes) -> tuple[Reply, bytes]:
    try:
        return _done(request, content)
    except UnusableError as error:
        return Refused(fault=error.fault), b""
    except (MemoryError, RecursionError, PdfDecodeLimitError):
        return Refused(fault=PdfFault.TOO_DEMANDING), b""
    except Exception:  # noqa: BLE001 - a broken file leads a reader to whatever it leads it to
        return Refused(fault=PdfFault.DAMAGED), b""


def _done(request: Request, content: bytes) -> tuple[Reply, bytes]:
    if isinstance(request, Prepare):
        picture, pdf = content[: request.picture], content[request.picture :]
        return prepare(pdf, request, picture)
    if isinstance(request, Append):
        return append(content, request)
    if isinstance(request, Measure):
        return _measured(content, request.page), b""
    return read(content), b""


def _measured(content: bytes, page: int) -> Measured:
    reader = open_reader(content)
    width, height = find_page(reader, number_of(reader, page)).size
    return Measured(pages=pages_in(reader), width=width, height=height)


def main() -> None:
    """Answer, and end."""
    set_up()
    load()
    logging.disable()  # a reader's complaints quote the file
    confine_or_end(memory=MEMORY, cpu_seconds=CPU_SECONDS)
    header, _, content = sys.stdin.buffer.read().partition(b"\n")
    reply, added = _answer(msgspec.json.decode(header, type=Request), content)
    sys.stdout.buffer.write(msgspec.json.encode(reply) + b"\n")
    sys.stdout.buffer.write(added)
    sys.stdout.buffer.flush()
    # Nothing of the file is worth tidying up for; a library's own tidying could fail.
    os._exit(0)


if __name__ == "__main__":
    main()
