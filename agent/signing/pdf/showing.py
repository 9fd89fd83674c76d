"""What somebody looks at who places a stamp: a page, and the stamp's picture; all decoded by workers."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.renewals.scans.model import LARGEST_SHOWN_SIDE, Show, Shown
from agent.renewals.scans.process import ask_worker
from agent.signing.documents import read_whole
from agent.signing.looking import NotShowableError
from agent.signing.pdf import process
from agent.signing.pdf.errors import StampUnusableError
from agent.signing.pdf.model import MAX_PDF_BYTES, MAX_PICTURE_BYTES


class ShownPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it is shown."""

    picture: bytes
    """JPEG."""
    pages: int
    width: float
    """Millimetres, as the next."""
    height: float


def show_page(file: Path, page: int) -> ShownPage:
    """Return a page of a PDF, from 1; for a thread.

    Raises:
        NotShowableError, and those of :mod:`agent.signing.pdf.errors`
    """
    pdf = read_whole(file, MAX_PDF_BYTES)
    measured = process.measure(file.name, pdf, page)
    shown, picture = ask_worker(Show(side=LARGEST_SHOWN_SIDE, page=page), pdf)
    if not isinstance(shown, Shown):
        raise NotShowableError
    return ShownPage(
        picture=picture, pages=measured.pages, width=measured.width, height=measured.height
    )


def show_stamp(file: Path) -> bytes:
    """Return a stamp's picture as JPEG, what is transparent in it white; for a thread. StampUnusableError."""
    shown, picture = ask_worker(Show(side=LARGEST_SHOWN_SIDE), read_whole(file, MAX_PICTURE_BYTES))
    if not isinstance(shown, Shown):
        raise StampUnusableError
    return picture
