"""What is known of a scan, and what its worker is asked and answers. Pure."""

from __future__ import annotations

from enum import StrEnum, unique

import msgspec

from agent.renewals.authorities.ra_protocol import Policy

MAX_PIXELS = 64_000_000
"""An A4 page at 800 dpi; more is a decompression bomb or a mistake."""
COMFORTABLE_PIXELS = 16_000_000
"""An A4 page at 400 dpi; more helps no reviewer."""
LEGIBLE_SIDE = 3508
"""Pixels of the longer side of an A4 page at 300 dpi: what a conversion gives at most."""
LARGEST_SHOWN_SIDE = 1600
"""Pixels of the longer side of a picture to look at: a page's small print can be read."""
LONGEST_SHOWN = 1536 * 1024
"""Bytes of a picture to look at; two of them fit into one answer of the local API."""
MAX_CONTENT = 32 * 1024 * 1024
"""Bytes of the largest file that is looked into."""


@unique
class Fault(StrEnum):
    """What can be wrong with a file that should be a scan."""

    NOT_AN_IMAGE = "not_an_image"
    DAMAGED = "damaged"
    """Truncated, or broken inside."""
    CANNOT_OPEN = "cannot_open"
    """A picture of a format there is no decoder for here, such as HEIC."""
    LOCKED = "locked"
    """A PDF with a password."""
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_DEMANDING = "too_demanding"
    """Decoding it took more memory or time than any scan does, or ended the decoder."""
    NOT_CONFINED = "not_confined"
    """Of no fault of the file's: this system lets no process be confined."""
    NO_SUCH_PAGE = "no_such_page"
    CANNOT_FIT = "cannot_fit"
    """No legible picture of it is small enough."""
    WRONG_FORMAT = "wrong_format"
    TOO_LARGE = "too_large"
    ROTATED = "rotated"
    CMYK = "cmyk"
    SIXTEEN_BIT = "sixteen_bit"
    SEVERAL_PICTURES = "several_pictures"
    HUGE = "huge"

    @property
    def is_refused(self) -> bool:
        """Whether the authority would not take the file; else reviewers may see it badly."""
        return self not in _IMPAIRING


_IMPAIRING = frozenset(
    {Fault.ROTATED, Fault.CMYK, Fault.SIXTEEN_BIT, Fault.SEVERAL_PICTURES, Fault.HUGE}
)


@unique
class Change(StrEnum):
    """What a conversion did."""

    NOT_ALL_DRAWN = "not_all_drawn"
    """Something on the page, such as a seal, is missing from the picture."""
    PAGE_DRAWN = "page_drawn"
    FIRST_PICTURE = "first_picture"
    """One picture of several; the number is said."""
    TURNED_UPRIGHT = "turned_upright"
    TURNED = "turned"
    """Turned further, as a person asked."""
    TO_RGB = "to_rgb"
    TO_EIGHT_BIT = "to_eight_bit"
    SCALED_DOWN = "scaled_down"
    RECOMPRESSED = "recompressed"
    METADATA_REMOVED = "metadata_removed"


class ScanFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a picture is by its content; of a PDF, what the picture of its page would be."""

    format: str
    """For people: JPEG, PNG, GIF, BMP, TIFF, WEBP, PDF."""
    media_type: str
    size: int
    """Bytes."""
    width: int
    height: int
    """Pixels as they are stored: before an EXIF orientation is obeyed."""
    is_cmyk: bool = False
    is_sixteen_bit: bool = False
    orientation: int = 1
    """EXIF 0x0112; 1 is upright."""
    pictures: int = 1
    """Frames of an animation, pages of a TIFF or PDF."""
    metadata: tuple[str, ...] = ()
    """Kinds of data beside the picture: EXIF, GPS, XMP, comment, text."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What an authority takes."""

    formats: tuple[str, ...]
    """Media types."""
    max_bytes: int
    """A file must be smaller."""


def limits_of(policy: Policy) -> Limits:
    """Return what ``policy`` says of scans."""
    return Limits(formats=policy.document_formats, max_bytes=policy.document_max_bytes)


class Inspect(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Ask what a file is, decoding its first picture whole."""


class Convert(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Ask for a picture within ``limits`` of one page or frame, counted from 1."""

    limits: Limits
    page: int = 1
    turns: int = 0
    """Quarter turns clockwise, beyond what an EXIF orientation asks for."""


class Show(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Ask for a picture of one page or frame to look at: upright, no side longer than ``side``."""

    side: int
    page: int = 1
    turns: int = 0


class Shown(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answer to :class:`Show`; a JPEG of at most ``LONGEST_SHOWN`` bytes follows it."""


class Inspected(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answer to :class:`Inspect`."""

    facts: ScanFacts


class Converted(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answer to :class:`Convert`; the picture's bytes follow it."""

    before: ScanFacts
    after: ScanFacts
    changes: tuple[Change, ...]


class Unusable(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The answer where the file gives no picture."""

    fault: Fault
    format: str = ""


Request = Inspect | Convert | Show
Reply = Inspected | Converted | Shown | Unusable
