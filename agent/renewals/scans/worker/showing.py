"""Pictures to look at: small JPEGs, so that windows never decode a stranger's file themselves."""

from __future__ import annotations

import io

from agent.renewals.scans.model import LARGEST_SHOWN_SIDE, LONGEST_SHOWN, Fault, Show, Shown
from agent.renewals.scans.worker.converting import turned, upright
from agent.renewals.scans.worker.pictures import UnusableError

_QUALITIES = (85, 70, 50)


def show(content: bytes, wish: Show) -> tuple[Shown, bytes]:
    """Return a JPEG of one page or frame.

    Raises:
        UnusableError
    """
    _, picture = upright(content, wish.page, min(wish.side, LARGEST_SHOWN_SIDE))
    picture.info.clear()
    picture = turned(picture, wish.turns)
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        if buffer.tell() <= LONGEST_SHOWN:
            return Shown(), buffer.getvalue()
    raise UnusableError(Fault.TOO_DEMANDING)
