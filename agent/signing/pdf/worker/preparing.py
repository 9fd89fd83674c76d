"""Adding a signature that is still empty: a field, what is seen of it, and a hole for the message."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from PIL import Image
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.signers.cms_embedder import (
    PdfCMSEmbedder,
    SigAppearanceSetup,
    SigIOSetup,
    SigObjSetup,
)
from pyhanko.sign.signers.pdf_byterange import SignatureObject
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.stamp import StaticStampStyle

from agent.renewals.scans.worker.pictures import UnusableError as UnusablePictureError
from agent.renewals.scans.worker.pictures import open_picture
from agent.signing.pdf.model import PdfFault, Prepare, Prepared, Since
from agent.signing.pdf.worker.opening import (
    UnusableError,
    open_reader,
    open_writer,
    permission_in,
    signatures_in,
)
from agent.signing.pdf.worker.pages import find_page, number_of
from agent.signing.pdf.worker.reading import changes_since

_LONGEST_SIDE = 1600
"""Pixels of a stamp's picture; seals on paper are some 40 mm, at 600 dpi 950."""


def prepare(content: bytes, wish: Prepare, picture: bytes) -> tuple[Prepared, bytes]:
    """Return where the hole is, and what comes after the PDF's own bytes.

    Raises:
        UnusableError
    """
    writer = open_writer(content)
    allowed = permission_in(writer.prev)
    if allowed is MDPPerm.NO_CHANGES:
        raise UnusableError(PdfFault.NO_CHANGES_ALLOWED)
    if wish.box is not None and allowed is MDPPerm.FILL_FORMS:
        raise UnusableError(PdfFault.STAMP_NOT_ALLOWED)
    name = _free_name(writer)
    result, (start, end) = _added(writer, name, wish, picture)
    if not all(_kept(content, result, name)):
        raise UnusableError(PdfFault.BREAKS_EARLIER)
    return Prepared(start=start, end=end), result[len(content) :]


def _added(
    writer: IncrementalPdfFileWriter, name: str, wish: Prepare, picture: bytes
) -> tuple[bytes, tuple[int, int]]:
    field = SigFieldSpec(name)
    appearance = None
    if wish.box is not None:
        number = number_of(writer, wish.page)
        page = find_page(writer, number)
        field = SigFieldSpec(name, on_page=number - 1, box=page.place(wish.box))
        style = _style(_picture(picture, page.turns))
        appearance = SigAppearanceSetup(style=style, timestamp=wish.moment, name=wish.name)
    steps = PdfCMSEmbedder(new_field_spec=field).write_cms(name, writer)
    next(steps)
    empty = SignatureObject(
        timestamp=wish.moment,
        subfilter=SigSeedSubFilter.PADES,
        name=wish.name,
        bytes_reserved=2 * wish.reserved,
    )
    steps.send(SigObjSetup(sig_placeholder=empty, appearance_setup=appearance))
    # The agent digests for itself; this one is thrown away.
    hole, output = steps.send(SigIOSetup(md_algorithm="sha256"))
    return output.getvalue(), (hole.reserved_region_start, hole.reserved_region_end)


def _free_name(writer: IncrementalPdfFileWriter) -> str:
    taken = {name for name, _, _ in enumerate_sig_fields(writer.prev)}
    taken |= _names_of_fields(writer)
    return next(name for number in count(1) if (name := f"Signature{number}") not in taken)


def _names_of_fields(writer: IncrementalPdfFileWriter) -> set[str]:
    """Return the names of the uppermost fields, of whatever kind: a new one must have its own."""
    try:
        fields = writer.prev.root["/AcroForm"]["/Fields"]
    except KeyError:
        return set()
    return {str(each.get_object().get("/T", "")) for each in fields}


def _style(picture: Image.Image) -> StaticStampStyle:
    """Return a stamp that is its picture alone, as large as fits."""
    middle = AxisAlignment.ALIGN_MID
    layout = SimpleBoxLayoutRule(x_align=middle, y_align=middle, margins=Margins.uniform(0))
    return StaticStampStyle(
        border_width=0,
        background=PdfImage(picture),
        background_layout=layout,
        background_opacity=1.0,
    )


def _picture(content: bytes, turns: int) -> Image.Image:
    """Return the stamp's picture as it has to be on a page that is shown turned."""
    try:
        opened = open_picture(content)
        opened.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
        has_gaps = opened.mode in {"RGBA", "LA", "PA"} or "transparency" in opened.info
        picture = opened.convert("RGBA" if has_gaps else "RGB")
    except (UnusablePictureError, OSError, ValueError, SyntaxError) as error:
        raise UnusableError(PdfFault.PICTURE_UNUSABLE) from error
    return picture.rotate(90 * turns, expand=True) if turns else picture


def _kept(before: bytes, after: bytes, added: str) -> Iterator[bool]:
    """Yield of each earlier signature whether it stands as it did, by what reading programs go by."""
    stood = [_stands(each) for each in signatures_in(open_reader(before))]
    if stood:
        stand = [_stands(each) for each in signatures_in(open_reader(after), but=added)]
        yield from (does or not did for did, does in zip(stood, stand, strict=True))


def _stands(signature: EmbeddedPdfSignature) -> bool:
    since, is_allowed = changes_since(signature)
    return is_allowed and since is not Since.CHANGED
