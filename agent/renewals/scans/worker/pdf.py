"""Pictures of a PDF's pages, by PDFium."""

from __future__ import annotations

import pypdfium2 as pdfium
from PIL import Image

from agent.renewals.scans.model import LEGIBLE_SIDE, Fault, ScanFacts
from agent.renewals.scans.worker.pdf_marks import is_something_left_out
from agent.renewals.scans.worker.pictures import UnusableError

_DOTS_PER_POINT = 300 / 72
_PASSWORD_NEEDED = 4  # FPDF_ERR_PASSWORD, fpdfview.h


class Pdf:
    """An opened PDF."""

    def __init__(self, content: bytes) -> None:
        self._size = len(content)
        try:
            self._document = pdfium.PdfDocument(content)
            self._document.init_forms()  # before anything else is asked of it
        except pdfium.PdfiumError as error:
            is_locked = getattr(error, "err_code", None) == _PASSWORD_NEEDED
            raise UnusableError(Fault.LOCKED if is_locked else Fault.DAMAGED, "PDF") from error
        if len(self._document) == 0:
            raise UnusableError(Fault.DAMAGED, "PDF")

    def facts(self, page: int = 1) -> ScanFacts:
        """Return what the picture of a page would be."""
        picture_width, picture_height, _ = self._measure(page)
        return ScanFacts(
            format="PDF",
            media_type="application/pdf",
            size=self._size,
            width=picture_width,
            height=picture_height,
            pictures=len(self._document),
        )

    def draw(self, page: int) -> Image.Image:
        """Draw a page, from 1, on white at 300 dpi, less where the page is larger than A4."""
        _, _, scale = self._measure(page)
        # With forms and annotations: a seal is often one of them. This PDFium runs no scripts.
        bitmap = self._document[page - 1].render(scale=scale)
        picture: Image.Image = bitmap.to_pil()
        return picture.convert("RGB")

    def lacks(self, page: int) -> bool:
        """Return whether something on a page, such as a seal, is missing from its picture."""
        return is_something_left_out(self._document, self._document[page - 1])

    def _measure(self, page: int) -> tuple[int, int, float]:
        if not 1 <= page <= len(self._document):
            raise UnusableError(Fault.NO_SUCH_PAGE, "PDF")
        width, height = self._document[page - 1].get_size()
        if not (0 < width < float("inf") and 0 < height < float("inf")):
            raise UnusableError(Fault.DAMAGED, "PDF")
        scale = min(_DOTS_PER_POINT, LEGIBLE_SIDE / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale)), scale
