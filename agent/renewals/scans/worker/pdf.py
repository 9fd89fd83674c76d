"""Pictures of a PDF's pages, by PDFium."""

from __future__ import annotations

import pypdfium2 as pdfium
from PIL import Image

from agent.renewals.scans.model import LEGIBLE_SIDE, Fault, ScanFacts
from agent.renewals.scans.worker.pictures import UnusableError

_DOTS_PER_POINT = 300 / 72
_PASSWORD_NEEDED = 4  # FPDF_ERR_PASSWORD, fpdfview.h


class Pdf:
    """An opened PDF."""

    def __init__(self, content: bytes) -> None:
        self._size = len(content)
        try:
            self._document = pdfium.PdfDocument(content)
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
        # Forms and their scripts stay off; annotations such as a pasted seal are part of the page.
        bitmap = self._document[page - 1].render(scale=scale, may_draw_forms=False)
        picture: Image.Image = bitmap.to_pil()
        return picture.convert("RGB")

    def _measure(self, page: int) -> tuple[int, int, float]:
        if not 1 <= page <= len(self._document):
            raise UnusableError(Fault.NO_SUCH_PAGE, "PDF")
        width, height = self._document[page - 1].get_size()
        if not (0 < width < float("inf") and 0 < height < float("inf")):
            raise UnusableError(Fault.DAMAGED, "PDF")
        scale = min(_DOTS_PER_POINT, LEGIBLE_SIDE / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale)), scale
