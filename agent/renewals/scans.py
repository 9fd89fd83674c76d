"""Scans: what an image is by its content, whatever its name says."""

from __future__ import annotations

import hashlib
import io
import warnings

from PIL import Image, UnidentifiedImageError

from agent.errors import OdcError
from agent.language import mark
from agent.renewals.protocol import DocumentDigest

MAX_PIXELS = 64_000_000
"""An A4 page at 800 dpi; more is a decompression bomb or a mistake."""
_FORMATS = ("JPEG", "PNG", "GIF", "BMP")


class ScanUnreadableError(OdcError):
    """A file is not an image the authority can take."""

    code = "scan_unreadable"
    sentence = mark("This file is not an image in JPG, PNG, GIF or BMP format.")
    advice = mark("Scan the paper again and save it as JPG or PNG.")


class ScanTooManyPixelsError(OdcError):
    """An image has more pixels than any scan of a page."""

    code = "scan_too_many_pixels"
    sentence = mark("This image has too many pixels.")
    advice = mark("Scan the paper again at 300 dpi.")


def inspect_scan(content: bytes) -> DocumentDigest:
    """Say what a scan is, after decoding it whole: a truncated image is told now, not at the review.

    Raises:
        ScanUnreadableError, ScanTooManyPixelsError
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise ScanTooManyPixelsError
                image.load()
                media_type = Image.MIME[image.format or ""]
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, KeyError) as error:
        raise ScanUnreadableError from error
    except Image.DecompressionBombError as error:
        raise ScanTooManyPixelsError from error
    return DocumentDigest(
        sha256=hashlib.sha256(content).hexdigest(), size=len(content), media_type=media_type
    )
