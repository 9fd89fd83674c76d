"""Opening pictures, and their facts."""

from __future__ import annotations

import copy  # noqa: F401 - Pillow imports it while it reads a GIF, when no file can be opened
import io
import warnings
from collections.abc import Iterator

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from agent.renewals.scans.model import MAX_PIXELS, Fault, ScanFacts

_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP")
_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}
_PDF_WINDOW = 1024
"""Where readers look for a PDF's signature (ISO 32000-1, annex H, note 13)."""


class UnusableError(Exception):
    """A file gives no picture."""

    def __init__(self, fault: Fault, kind: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.kind = kind


def set_up() -> None:
    """Make Pillow's limits ours and explicit."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    warnings.simplefilter("ignore")  # odd metadata, of which nobody would read here
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.init()  # all plugins now: no file can be opened later


def sniff(content: bytes) -> str:
    """Return the format a file says it has by its first bytes; empty for none of those known."""
    for signature, kind in _SIGNATURES:
        if content.startswith(signature):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp":
        brand = content[8:12]
        return "HEIC" if brand in _HEIF_BRANDS else "AVIF" if brand.startswith(b"avi") else ""
    return "PDF" if b"%PDF-" in content[:_PDF_WINDOW] else ""


def open_picture(content: bytes, page: int = 1) -> Image.Image:
    """Open one picture of a file, from 1; its header is read, its pixels are not.

    Raises:
        UnusableError
    """
    kind = sniff(content)
    try:
        image = Image.open(io.BytesIO(content), formats=_FORMATS)
        if page != 1:
            if not 1 <= page <= _pictures(image):
                raise UnusableError(Fault.NO_SUCH_PAGE)
            image.seek(page - 1)
    except UnidentifiedImageError as error:
        if kind in {"HEIC", "AVIF"}:
            raise UnusableError(Fault.CANNOT_OPEN, kind) from error
        raise UnusableError(Fault.DAMAGED if kind else Fault.NOT_AN_IMAGE) from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise UnusableError(Fault.TOO_MANY_PIXELS) from error
    if image.mode in {"F", "LAB", "HSV"}:
        raise UnusableError(Fault.CANNOT_OPEN, f"{image.format} ({image.mode})")
    return image


def facts_of(content: bytes, image: Image.Image) -> ScanFacts:
    """Return the facts of an opened picture; its pixels are not needed."""
    # Two-lens and HDR phones append more pictures to a JPEG (CIPA DC-007): it is a JPEG all the same.
    kind = "JPEG" if image.format == "MPO" else image.format or ""
    return ScanFacts(
        format=kind,
        media_type=Image.MIME[kind],
        size=len(content),
        width=image.width,
        height=image.height,
        is_cmyk=image.mode == "CMYK",
        is_sixteen_bit=_is_sixteen_bit(content, image),
        orientation=_orientation(image),
        pictures=1 if kind == "JPEG" else _pictures(image),
        metadata=tuple(_metadata(image)),
    )


def _pictures(image: Image.Image) -> int:
    return int(getattr(image, "n_frames", 1))


def _is_sixteen_bit(content: bytes, image: Image.Image) -> bool:
    if image.format == "PNG":
        # Pillow gives eight of a colour PNG's sixteen bits; its IHDR tells (ISO 15948, 11.2.2).
        return content[24:25] == b"\x10"
    return image.mode.startswith("I") or max(_bits_per_sample(image)) > 8


def _bits_per_sample(image: Image.Image) -> tuple[int, ...]:
    tags = getattr(image, "tag_v2", None)
    return tuple(tags.get(258, (8,))) if tags is not None else (8,)


def _orientation(image: Image.Image) -> int:
    value = image.getexif().get(ExifTags.Base.Orientation, 1)
    return value if value in range(1, 9) else 1


def _metadata(image: Image.Image) -> Iterator[str]:
    exif = image.getexif()
    # A TIFF's own fields are of the same kind as EXIF's; they are no sign of metadata.
    if exif and image.format != "TIFF":
        yield "EXIF"
    if ExifTags.IFD.GPSInfo in exif:
        yield "GPS"
    if "xmp" in image.info or "XML:com.adobe.xmp" in image.info:
        yield "XMP"
    if "comment" in image.info:
        yield "comment"
    if getattr(image, "text", None):
        yield "text"
