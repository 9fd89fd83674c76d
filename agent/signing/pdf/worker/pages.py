"""Pages as they are shown: their size, and where on them something is."""

from __future__ import annotations

import msgspec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.rw_common import PdfHandler

from agent.signing.pdf.model import Box, PdfFault
from agent.signing.pdf.worker.opening import UnusableError

_POINTS = 72 / 25.4
"""In a millimetre."""
_A_LITTLE = 0.5
"""Points a stamp may lie off the page, since millimetres are rounded."""
_DEPTH = 50
"""Of the page tree (ISO 32000-1, 7.7.3); what is deeper is no tree."""


class Page(msgspec.Struct, frozen=True):
    """A page: what of it is shown, in its own coordinates (points), and how it is turned."""

    left: float
    bottom: float
    right: float
    top: float
    turns: int
    """Quarter turns clockwise."""

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as it is shown, in millimetres."""
        sides = ((self.right - self.left) / _POINTS, (self.top - self.bottom) / _POINTS)
        return sides if self.turns % 2 == 0 else (sides[1], sides[0])

    def place(self, box: Box) -> tuple[int, int, int, int]:
        """Return where a box is in the page's own coordinates: left, bottom, right, top; UnusableError."""
        width, height = (side * _POINTS for side in self.size)
        left = _from_start(box.left, box.width, self.size[0]) * _POINTS
        top = _from_start(box.top, box.height, self.size[1]) * _POINTS
        right, bottom = left + box.width * _POINTS, top + box.height * _POINTS
        is_on = left >= -_A_LITTLE and top >= -_A_LITTLE
        if not (is_on and right <= width + _A_LITTLE and bottom <= height + _A_LITTLE):
            raise UnusableError(PdfFault.OFF_THE_PAGE)
        corners = [self._own(x, y, width, height) for x, y in ((left, top), (right, bottom))]
        (x1, x2), (y1, y2) = (sorted(values) for values in zip(*corners, strict=True))
        return round(x1), round(y1), round(x2), round(y2)

    def _own(self, x: float, y: float, width: float, height: float) -> tuple[float, float]:
        """Return a point that is shown ``x`` from the left and ``y`` from the top."""
        across, up = {
            0: (x, height - y),
            1: (y, x),
            2: (width - x, y),
            3: (height - y, width - x),
        }[self.turns]
        return self.left + across, self.bottom + up


def _from_start(place: float, length: float, whole: float) -> float:
    return place if place >= 0 else whole + place - length


def pages_in(document: PdfHandler) -> int:
    """Return how many pages there are."""
    return int(document.root["/Pages"]["/Count"])


def number_of(document: PdfHandler, page: int) -> int:
    """Return a page's number from 1, where -1 is the last; UnusableError."""
    pages = pages_in(document)
    number = pages + 1 + page if page < 0 else page
    if not 1 <= number <= pages:
        raise UnusableError(PdfFault.NO_SUCH_PAGE)
    return number


def find_page(document: PdfHandler, number: int) -> Page:
    """Return a page, from 1; UnusableError."""
    page = document.find_page_for_modification(number - 1)[0].get_object()
    box = _inherited(page, "/CropBox") or _inherited(page, "/MediaBox")
    turned = _inherited(page, "/Rotate") or 0
    if box is None:
        raise UnusableError(PdfFault.DAMAGED)
    x1, y1, x2, y2 = (float(number) for number in box)
    return Page(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2), int(turned) // 90 % 4)


def _inherited(page: generic.DictionaryObject, key: str) -> generic.PdfObject | None:
    """Return an entry of a page or of what is above it (7.7.3.4)."""
    for _ in range(_DEPTH):
        if key in page:
            return page[key]
        if "/Parent" not in page:
            return None
        page = page["/Parent"]
    raise UnusableError(PdfFault.DAMAGED)
