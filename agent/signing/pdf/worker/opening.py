"""Opening a PDF, and what of it is refused before anything is added."""

from __future__ import annotations

import io
from collections.abc import Iterator

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from agent.signing.pdf.model import PdfFault

MAX_SIGNATURES = 100
"""In one document, that are looked at."""


class UnusableError(Exception):
    """Nothing can be done with a PDF."""

    def __init__(self, fault: PdfFault) -> None:
        super().__init__(fault)
        self.fault = fault


def open_reader(content: bytes) -> PdfFileReader:
    """Open a PDF as leniently as programs that show it do.

    Raises:
        UnusableError: it is encrypted, so that nothing could be read of it without a password.
    """
    reader = PdfFileReader(io.BytesIO(content), strict=False)
    if reader.encrypted:
        raise UnusableError(PdfFault.ENCRYPTED)
    return reader


def open_writer(content: bytes) -> IncrementalPdfFileWriter:
    """Open a PDF to add to it; what is there stays byte by byte. UnusableError."""
    return IncrementalPdfFileWriter.from_reader(open_reader(content))


def signatures_in(reader: PdfFileReader, *, but: str = "") -> Iterator[EmbeddedPdfSignature]:
    """Yield the signatures in the order they were made; ``but`` names a field that is left out."""
    fields = enumerate_sig_fields(reader, filled_status=True)
    found = [
        EmbeddedPdfSignature(reader, ref.get_object(), name)
        for name, _, ref in fields
        if name != but
    ]
    if len(found) > MAX_SIGNATURES:
        raise UnusableError(PdfFault.TOO_DEMANDING)
    yield from sorted(found, key=lambda each: (each.signed_revision, _covered(each)))


def permission_in(reader: PdfFileReader) -> MDPPerm:
    """Return what the strictest of a document's signatures allows."""
    levels = (each.docmdp_level for each in signatures_in(reader))
    return min(
        (level for level in levels if level), key=lambda each: each.value, default=MDPPerm.ANNOTATE
    )


def _covered(signature: EmbeddedPdfSignature) -> int:
    numbers = signature.byte_range
    return int(numbers[2]) + int(numbers[3]) if len(numbers) == 4 else 0
