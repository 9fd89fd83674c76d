"""Making a picture the authority takes: upright, 8-bit RGB, one frame, small enough, legible.

The same file gives the same bytes with the same libraries: nothing is left to chance or the clock.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from PIL import Image, ImageOps

from agent.renewals.scans.model import (
    LEGIBLE_SIDE,
    Change,
    Converted,
    Fault,
    Limits,
    ScanFacts,
)
from agent.renewals.scans.worker.pdf import Pdf
from agent.renewals.scans.worker.pictures import UnusableError, facts_of, open_picture, sniff

_QUALITIES = (90, 84, 78, 72, 66, 60)
_SCALES = (1.0, 0.85, 0.72, 0.61, 0.52, 0.44)
_SHORTEST_SIDE = 1240
"""Pixels of the longer side below which nothing is scaled: small print of an A4 page needs them."""
_WHITE = (255, 255, 255)


def convert(content: bytes, limits: Limits, page: int, turns: int = 0) -> tuple[Converted, bytes]:
    """Return a picture of one page or frame within ``limits``, and what was done to get it.

    ``turns`` are quarter turns clockwise, of what stands upright already.

    Raises:
        UnusableError
    """
    before, picture = upright(content, page)
    picture.info.clear()  # Pillow would write comments and the like anew
    encoded = _encoded(turned(picture, turns), limits)
    after = facts_of(encoded, open_picture(encoded))
    lost = (Change.NOT_ALL_DRAWN,) if before.format == "PDF" and Pdf(content).lacks(page) else ()
    changes = (*lost, *_changes(before, after, turns))
    return Converted(before=before, after=after, changes=changes), encoded


def upright(content: bytes, page: int, side: int = LEGIBLE_SIDE) -> tuple[ScanFacts, Image.Image]:
    """Return the facts of one page or frame, and its picture in 8-bit RGB, no side longer than ``side``.

    Raises:
        UnusableError
    """
    if sniff(content) != "PDF":
        return _opened(content, page, side)
    facts, picture = _drawn(content, page)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return facts, picture


def turned(picture: Image.Image, turns: int) -> Image.Image:
    """Return the picture after quarter turns clockwise."""
    return picture.rotate(-90 * (turns % 4), expand=True) if turns % 4 else picture


def _drawn(content: bytes, page: int) -> tuple[ScanFacts, Image.Image]:
    document = Pdf(content)
    return document.facts(page), document.draw(page)


def _opened(content: bytes, page: int, side: int) -> tuple[ScanFacts, Image.Image]:
    image = open_picture(content, page)
    facts = facts_of(content, image)
    # Shrunk first, while decoding where the format can: every later step then costs less memory.
    image = _scalable(image)
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return facts, _on_white(ImageOps.exif_transpose(image))


def _scalable(image: Image.Image) -> Image.Image:
    """Return the picture in a mode whose pixels can be averaged, eight bits each."""
    if image.mode.startswith("I"):
        # Sixteen bits: the upper eight. convert() alone would make everything above 255 white.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in {"P", "PA"} or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L") if image.mode == "1" else image


def _on_white(image: Image.Image) -> Image.Image:
    """Return 8-bit RGB; what is transparent is paper."""
    if image.mode not in {"RGBA", "LA", "RGBa", "La"}:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGB", image.size, _WHITE)
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _encoded(picture: Image.Image, limits: Limits) -> bytes:
    """Return the best picture that is small enough: quality gives way first, then size."""
    for attempt in _attempts(picture, limits.formats):
        if len(attempt) < limits.max_bytes:
            return attempt
    raise UnusableError(Fault.CANNOT_FIT)


def _attempts(picture: Image.Image, formats: tuple[str, ...]) -> Iterator[bytes]:
    for scale in _SCALES:
        if scale < 1 and max(picture.size) * scale < _SHORTEST_SIDE:
            return
        size = (round(picture.width * scale), round(picture.height * scale))
        scaled = picture if scale == 1 else picture.resize(size, Image.Resampling.LANCZOS)
        if "image/jpeg" in formats:
            for quality in _QUALITIES:
                yield _saved(scaled, "JPEG", quality=quality, optimize=True)
        elif "image/png" in formats:
            yield _saved(scaled, "PNG", optimize=True)


def _saved(picture: Image.Image, kind: str, **options: int | bool) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _changes(before: ScanFacts, after: ScanFacts, turns: int) -> Iterator[Change]:
    if before.format == "PDF":
        yield Change.PAGE_DRAWN
    elif before.pictures > 1:
        yield Change.FIRST_PICTURE
    if before.orientation != 1:
        yield Change.TURNED_UPRIGHT
    if turns % 4:
        yield Change.TURNED
    if before.is_cmyk:
        yield Change.TO_RGB
    if before.is_sixteen_bit:
        yield Change.TO_EIGHT_BIT
    if max(after.width, after.height) < max(before.width, before.height):
        yield Change.SCALED_DOWN
    if before.format != "PDF":
        yield Change.RECOMPRESSED
    if before.metadata:
        yield Change.METADATA_REMOVED
