"""Opening a PDF, and what of it is refused before anything is added."""

from __future__ import annotations

import io
from collections.abc import Iterator

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, read_certification_data

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
    """Yield the signatures in the order they were made; ``but`` names a field that is left out.

    Those that are no CMS message are none here: :func:`unreadable_in`.
    """
    found = [each for name, each in _all_in(reader) if each is not None and name != but]
    yield from sorted(found, key=lambda each: (each.signed_revision, _covered(each)))


def unreadable_in(reader: PdfFileReader) -> Iterator[str]:
    """Yield the names of fields whose signatures are no CMS message."""
    yield from (name for name, each in _all_in(reader) if each is None)


def _all_in(reader: PdfFileReader) -> Iterator[tuple[str, EmbeddedPdfSignature | None]]:
    for number, (name, _, ref) in enumerate(enumerate_sig_fields(reader, filled_status=True)):
        if number == MAX_SIGNATURES:
            raise UnusableError(PdfFault.TOO_DEMANDING)
        try:
            yield name, EmbeddedPdfSignature(reader, ref.get_object(), name)
        except Exception:  # noqa: BLE001 - strangers' ASN.1 leads a reader to whatever it leads it to
            yield name, None


def permission_in(reader: PdfFileReader) -> MDPPerm:
    """Return what the strictest of a document's signatures allows."""
    certified = read_certification_data(reader)
    levels = [certified.permission if certified else None]
    levels += [each.docmdp_level for each in signatures_in(reader)]
    return min(
        (level for level in levels if level), key=lambda each: each.value, default=MDPPerm.ANNOTATE
    )


def _covered(signature: EmbeddedPdfSignature) -> int:
    numbers = signature.byte_range
    return int(numbers[2]) + int(numbers[3]) if len(numbers) == 4 else 0
