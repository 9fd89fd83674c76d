"""What lies on a page of a PDF beside its content: stamps, signatures, fields (ISO 32000-1, 12.5).

PDFium draws most of it. What it leaves out, such as a signature without an appearance, must not be lost
without a word: an authority asks for the paper because of its stamp.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import pypdfium2 as pdfium
import pypdfium2.raw as c
from PIL import Image, ImageChops

MAX_MARKS = 500
"""Of a page, that are looked at."""
_LONGER_SIDE = 1600
_OF_NO_MATTER = {
    c.FPDF_ANNOT_LINK, c.FPDF_ANNOT_POPUP, c.FPDF_ANNOT_TEXT, c.FPDF_ANNOT_SOUND, c.FPDF_ANNOT_MOVIE,
    c.FPDF_ANNOT_SCREEN, c.FPDF_ANNOT_PRINTERMARK, c.FPDF_ANNOT_TRAPNET,
}  # fmt: skip
"""Kinds that paper does not have."""
_WRITTEN = {c.FPDF_FORMFIELD_TEXTFIELD, c.FPDF_FORMFIELD_COMBOBOX, c.FPDF_FORMFIELD_LISTBOX}
_TICKED = {c.FPDF_FORMFIELD_CHECKBOX, c.FPDF_FORMFIELD_RADIOBUTTON}
_Box = tuple[int, int, int, int]


def is_something_left_out(document: pdfium.PdfDocument, page: pdfium.PdfPage) -> bool:
    """Return whether something on ``page`` that a reader would show is not drawn."""
    if document.get_formtype() == c.FORMTYPE_XFA_FULL:
        return True  # the page itself asks for another program
    width, height = page.get_size()
    scale = min(2.0, _LONGER_SIDE / max(width, height))
    bare = page.render(scale=scale, may_draw_forms=False, draw_annots=False).to_pil().convert("RGB")
    boxes = list(_boxes(document, page, bare.size))
    if not boxes:
        return False
    drawn = page.render(scale=scale).to_pil().convert("RGB")
    return any(_is_alike(bare.crop(box), drawn.crop(box)) for box in boxes)


def _is_alike(one: Image.Image, other: Image.Image) -> bool:
    return ImageChops.difference(one, other).getbbox() is None


def _boxes(
    document: pdfium.PdfDocument, page: pdfium.PdfPage, size: tuple[int, int]
) -> Iterator[_Box]:
    """Yield where, in a picture of ``size``, there must be something."""
    for index in range(min(c.FPDFPage_GetAnnotCount(page), MAX_MARKS)):
        mark = c.FPDFPage_GetAnnot(page, index)
        if not mark:
            continue
        try:
            box = _box(page, mark, size)
            if box is not None and _is_to_be_seen(document, mark):
                yield box
        finally:
            c.FPDFPage_CloseAnnot(mark)


def _box(page: pdfium.PdfPage, mark: c.FPDF_ANNOTATION, size: tuple[int, int]) -> _Box | None:
    """Return where a mark is in a picture of the page; None where that is nowhere."""
    place = c.FS_RECTF()
    if not c.FPDFAnnot_GetRect(mark, place):
        return None
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for across, up in ((place.left, place.bottom), (place.right, place.top)):
        c.FPDF_PageToDevice(page, 0, 0, *size, 0, across, up, x, y)
        corners.append((x.value, y.value))
    (left, right), (top, bottom) = (sorted(values) for values in zip(*corners, strict=True))
    box = max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1])
    return box if box[2] - box[0] > 1 and box[3] - box[1] > 1 else None


def _is_to_be_seen(document: pdfium.PdfDocument, mark: c.FPDF_ANNOTATION) -> bool:
    """Return whether a reader shows it, or prints it."""
    kind = c.FPDFAnnot_GetSubtype(mark)
    if kind in _OF_NO_MATTER or c.FPDFAnnot_GetFlags(mark) & c.FPDF_ANNOT_FLAG_HIDDEN:
        return False
    return bool(kind != c.FPDF_ANNOT_WIDGET) or _is_filled_in(document, mark)


def _is_filled_in(document: pdfium.PdfDocument, field: c.FPDF_ANNOTATION) -> bool:
    appearance: int = c.FPDFAnnot_GetAP(field, c.FPDF_ANNOT_APPEARANCEMODE_NORMAL, None, 0)
    has_appearance = appearance > 2
    if document.formenv is None:
        return has_appearance
    kind = c.FPDFAnnot_GetFormFieldType(document.formenv, field)
    if kind == c.FPDF_FORMFIELD_SIGNATURE:
        return _is_signed(document)
    if kind in _WRITTEN:
        # The length in bytes of UTF-16, with the zero at its end.
        return bool(c.FPDFAnnot_GetFormFieldValue(document.formenv, field, None, 0) > 2)
    if kind in _TICKED:
        return bool(c.FPDFAnnot_IsChecked(document.formenv, field))
    return bool(kind != c.FPDF_FORMFIELD_PUSHBUTTON) and has_appearance


def _is_signed(document: pdfium.PdfDocument) -> bool:
    signatures = (
        c.FPDF_GetSignatureObject(document, index)
        for index in range(c.FPDF_GetSignatureCount(document))
    )
    return any(s and c.FPDFSignatureObj_GetContents(s, None, 0) > 0 for s in signatures)
