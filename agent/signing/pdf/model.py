"""What is asked of the PDF worker, and what it answers. Pure."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum, unique
from typing import Annotated, Literal

import msgspec

MAX_PDF_BYTES = 64 << 20
MAX_PICTURE_BYTES = 8 << 20
Millimetres = Annotated[float, msgspec.Meta(ge=-20_000, le=20_000)]
Length = Annotated[float, msgspec.Meta(gt=0, le=20_000)]


@unique
class PdfFault(StrEnum):
    """Why a PDF cannot be signed, or read."""

    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    NO_CHANGES_ALLOWED = "no_changes_allowed"
    """Its author certified it so that nothing may be added any more (DocMDP 1; ISO 32000-1, 12.8.2.2)."""
    STAMP_NOT_ALLOWED = "stamp_not_allowed"
    """Its author certified it so that it may be signed, and nothing may be put on a page (DocMDP 2)."""
    BREAKS_EARLIER = "breaks_earlier"
    """A signature that is in it would count as changed."""
    NO_SUCH_PAGE = "no_such_page"
    OFF_THE_PAGE = "off_the_page"
    """The stamp would not lie on the page as a whole."""
    PICTURE_UNUSABLE = "picture_unusable"
    TOO_DEMANDING = "too_demanding"
    """It takes more memory or time than a document may."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """Where something is on a page as it is shown: millimetres from its upper left corner."""

    left: Millimetres
    """Below zero, it is how far the box's right side is from the page's."""
    top: Millimetres
    """Below zero, it is how far the box's lower side is from the page's."""
    width: Length
    height: Length


class Prepare(msgspec.Struct, frozen=True, kw_only=True, tag="prepare"):
    """Add a signature that is still empty."""

    name: str
    """Whose it will be."""
    moment: dt.datetime
    """What the signer's clock says."""
    reserved: int
    """Bytes of room for it."""
    page: int = 1
    """Where the stamp is to be, from 1; -1 is the last one."""
    box: Box | None = None
    """Where on it; without one nothing is seen of the signature."""
    picture: int = 0
    """How many bytes before the PDF are the stamp's picture."""


class Append(msgspec.Struct, frozen=True, kw_only=True, tag="append"):
    """Add what signatures are verified with in later years, as a DSS (EN 319 142-1, 5.4.2)."""

    certificates: tuple[bytes, ...]
    ocsp_responses: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    """All as DER."""


class Read(msgspec.Struct, frozen=True, kw_only=True, tag="read"):
    """Tell of all signatures."""


class Measure(msgspec.Struct, frozen=True, kw_only=True, tag="measure"):
    """Tell how large a page is."""

    page: int


Request = Prepare | Append | Read | Measure


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """It cannot be done with this PDF."""

    fault: PdfFault


class Prepared(msgspec.Struct, frozen=True, kw_only=True, tag="prepared"):
    """What comes after the PDF's own bytes follows; the hole in it is ``<0000…>``."""

    start: int
    """Of the hole, counted in the whole file."""
    end: int


class Appended(msgspec.Struct, frozen=True, kw_only=True, tag="appended"):
    """What comes after the PDF's own bytes follows."""


@unique
class Since(StrEnum):
    """What became of a PDF after it was signed, by what reading programs would show."""

    UNCHANGED = "unchanged"
    """The signature covers the file to its end."""
    PROVED = "proved"
    """Only what helps to verify signatures was added."""
    FILLED_IN = "filled_in"
    """Forms were filled in, or further signatures made; nothing else."""
    ANNOTATED = "annotated"
    """Annotations were added; nothing else but forms."""
    CHANGED = "changed"
    """In other ways, or in ways that cannot be told."""


class Embedded(msgspec.Struct, frozen=True, kw_only=True):
    """A signature in a PDF, as it says of itself; nothing is verified."""

    field: str
    kind: Literal["signature", "timestamp"]
    byte_range: tuple[int, ...]
    said_time: dt.datetime | None
    """/M: what the signer's clock said."""
    since: Since
    allowed: bool
    """Whether what was changed since is what this signature, or its field, allows (DocMDP, FieldMDP)."""
    is_certification: bool
    """Whether its author certified the document with it, and says what may become of it."""


class Signatures(msgspec.Struct, frozen=True, kw_only=True, tag="signatures"):
    """All signatures, in the order they were made."""

    found: tuple[Embedded, ...]
    certificates: tuple[bytes, ...]
    ocsp_responses: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    """What the document security store holds, as DER."""


class Measured(msgspec.Struct, frozen=True, kw_only=True, tag="measured"):
    """A page as it is shown, in millimetres."""

    pages: int
    width: float
    height: float


Reply = Refused | Prepared | Appended | Signatures | Measured
