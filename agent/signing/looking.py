"""Looking at a document that somebody is asked to sign, without any other program.

Pages and pictures are drawn by the scan worker, since a file of a stranger's is decoded nowhere else. Texts
are shown as they are. What is neither can be kept and looked at with its own program.
"""

from __future__ import annotations

import msgspec

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.scans.model import LARGEST_SHOWN_SIDE, Inspect, Inspected, Show, Shown
from agent.renewals.scans.process import ask_worker

MAX_TEXT_BYTES = 256 << 10
"""Of a text; of a longer one the beginning is shown, and that it is one is said."""
_PICTURES = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
_PDF_SEARCHED = 1024
"""A PDF's header may have something before it (ISO 32000-1, annex H)."""


class NotShowableError(OdcError):
    """There is no picture of it, and it is no text."""

    code = "not_showable"
    sentence = mark("This document cannot be shown here.")
    advice = mark("Save it, and look at it with its own program before you sign it.")


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to see of a document."""

    picture: bytes = b""
    """JPEG of one page; empty of a text."""
    pages: int = 1
    text: str = ""
    is_cut: bool = False
    """The text goes on."""


def look(content: bytes, page: int) -> Looked:
    """Return what there is to see of a page, counted from 1; it blocks for as long as a worker may take.

    Raises:
        NotShowableError
    """
    if content.startswith(_PICTURES) or b"%PDF-" in content[:_PDF_SEARCHED]:
        return _drawn(content, page)
    return _read(content)


def _drawn(content: bytes, page: int) -> Looked:
    found, _ = ask_worker(Inspect(), content)
    shown, picture = ask_worker(Show(side=LARGEST_SHOWN_SIDE, page=page), content)
    if not isinstance(found, Inspected) or not isinstance(shown, Shown):
        raise NotShowableError
    return Looked(picture=picture, pages=found.facts.pictures)


def _read(content: bytes) -> Looked:
    head = content[:MAX_TEXT_BYTES]
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A character may have been cut in two.
        if len(content) == len(head) or error.start < len(head) - 3:
            raise NotShowableError from error
        text = head[: error.start].decode("utf-8-sig")
    if "\0" in text:
        raise NotShowableError
    return Looked(text=text, is_cut=len(content) > len(head))
