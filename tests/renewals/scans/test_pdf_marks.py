"""A stamp on a PDF is in its picture, or it is said that it is not: PDFs of three different writers."""

from __future__ import annotations

import io

import fpdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from pictures import LIMITS, opened, pdf

from agent.ground.language import Language
from agent.renewals.scans.model import Change
from agent.renewals.scans.reports import offer_conversion
from agent.renewals.scans.worker.converting import convert

RING = b"1 0 0 RG 8 w 10 10 100 100 re S"
SIGNED = b"/V << /Type /Sig /Filter /Adobe.PPKLite /Contents <3000> /ByteRange [0 0 0 0] >>"
TEXT = b"/V (ZHANG SAN) /DA (/F 20 Tf)"
PLACE = b"/Rect [200 500 320 620]"


def numbered(*objects: bytes) -> bytes:
    """Return a PDF of these objects, counted from 1; the first is the catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    root = b"<< /Size %d /Root 1 0 R >>" % (len(objects) + 1)
    return bytes(out) + b"trailer %s\nstartxref\n%d\n%%%%EOF" % (root, table)


def stream(content: bytes, head: bytes = b"") -> bytes:
    return b"<< /Length %d %s >> stream\n%s\nendstream" % (len(content), head, content)


def by_hand(
    mark: bytes,
    look: bytes | None = None,
    *,
    drawing: bytes = b"",
    form: bytes = b"/Fields [5 0 R]",
) -> bytes:
    """A page with one mark; ``look`` is its appearance, ``drawing`` one that the mark names itself."""
    appearance = b"/AP << /N 6 0 R >>" if look is not None else b""
    head = (
        b"/Type /XObject /Subtype /Form /BBox [0 0 120 120] /Resources << /Font << /F 4 0 R >> >>"
    )
    return numbered(
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << %s /DR << /Font << /F 4 0 R >> >> >> >>"
        % form,
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Annots [5 0 R] >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Type /Annot /F 4 /P 3 0 R %s %s >>" % (mark, appearance),
        stream(look or drawing, head),
    )


def widget(kind: bytes, rest: bytes = b"") -> bytes:
    return b"/Subtype /Widget /FT /%s /T (field) %s %s" % (kind, PLACE, rest)


def by_fpdf(mark) -> bytes:
    document = fpdf.FPDF()
    document.add_page()
    document.set_font("helvetica", size=20)
    mark(document)
    return bytes(document.output())


def by_pdfium(kind: int, *, has_look: bool, flags: int = pdfium.FPDF_ANNOT_FLAG_PRINT) -> bytes:
    document = pypdfium2.PdfDocument.new()
    page = document.new_page(595, 842)
    mark = pdfium.FPDFPage_CreateAnnot(page, kind)
    pdfium.FPDFAnnot_SetRect(mark, pdfium.FS_RECTF(200, 620, 320, 500))
    pdfium.FPDFAnnot_SetFlags(mark, flags)
    if has_look:
        ring = pdfium.FPDFPageObj_CreateNewRect(210, 510, 100, 100)
        pdfium.FPDFPageObj_SetStrokeColor(ring, 255, 0, 0, 255)
        pdfium.FPDFPageObj_SetStrokeWidth(ring, 8)
        pdfium.FPDFPath_SetDrawMode(ring, 0, 1)
        assert pdfium.FPDFAnnot_AppendObject(mark, ring)
    pdfium.FPDFPage_CloseAnnot(mark)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


DRAWN = {
    "signature": by_hand(widget(b"Sig", SIGNED), RING),
    "stamp": by_hand(b"/Subtype /Stamp " + PLACE, RING),
    "text": by_hand(widget(b"Tx", TEXT), b"/Tx BMC BT /F 20 Tf 2 50 Td (ZHANG) Tj ET EMC"),
    "text that readers draw": by_hand(
        widget(b"Tx", TEXT), form=b"/Fields [5 0 R] /NeedAppearances true"
    ),
    "ticked box": by_hand(
        widget(b"Btn", b"/V /On /AS /On /AP << /N << /On 6 0 R >> >>"), drawing=RING
    ),
    "fpdf2: a text on the page": by_fpdf(
        lambda page: page.free_text_annotation("ZHANG SAN", x=50, y=50, w=100, h=30)
    ),
    "PDFium: stamp": by_pdfium(pdfium.FPDF_ANNOT_STAMP, has_look=True),
}  # fmt: skip
LEFT_OUT = {
    "signature without appearance": by_hand(widget(b"Sig", SIGNED)),
    "signature with an empty appearance": by_hand(widget(b"Sig", SIGNED), b""),
    "signature in no form": by_hand(widget(b"Sig", SIGNED), RING).replace(
        b"/AcroForm", b"/AcroFrom"
    ),
    "stamp without appearance": by_hand(b"/Subtype /Stamp " + PLACE),
    "stamp for printing alone": by_hand(b"/Subtype /Stamp " + PLACE, RING).replace(
        b"/F 4 /P", b"/F 36 /P"
    ),
    "PDFium: stamp without appearance": by_pdfium(pdfium.FPDF_ANNOT_STAMP, has_look=False),
}
NOTHING_THERE = {
    "a scan": pdf(),
    "place for a signature": by_hand(widget(b"Sig")),
    "invisible signature": by_hand(widget(b"Sig", SIGNED).replace(PLACE, b"/Rect [0 0 0 0]")),
    "empty field": by_hand(widget(b"Tx", b"/DA (/F 20 Tf)")),
    "hidden stamp": by_hand(b"/Subtype /Stamp " + PLACE, RING).replace(b"/F 4 /P", b"/F 2 /P"),
    "box that is not ticked": by_hand(widget(b"Btn", b"/V /Off /AS /Off")),
    "button": by_hand(widget(b"Btn", b"/Ff 65536")),
    "link": by_hand(b"/Subtype /Link " + PLACE),
    "fpdf2: a note": by_fpdf(lambda page: page.text_annotation(50, 50, "a note")),
}


def has_ink(content: bytes) -> bool:
    return opened(content).convert("L").getextrema()[0] < 200


@pytest.mark.parametrize("name", DRAWN)
def test_what_lies_on_a_page_is_in_its_picture(name):
    conversion, content = convert(DRAWN[name], LIMITS, 1)
    assert has_ink(content)
    assert Change.NOT_ALL_DRAWN not in conversion.changes


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_cannot_be_drawn_is_said_first(name):
    conversion, _ = convert(LEFT_OUT[name], LIMITS, 1)
    assert conversion.changes[0] is Change.NOT_ALL_DRAWN


@pytest.mark.parametrize("name", NOTHING_THERE)
def test_nothing_is_said_to_be_missing_where_a_reader_shows_nothing(name):
    conversion, _ = convert(NOTHING_THERE[name], LIMITS, 1)
    assert Change.NOT_ALL_DRAWN not in conversion.changes


def test_so_it_is_in_the_process_that_decodes():
    drawn = offer_conversion(DRAWN["signature"], LIMITS)
    assert has_ink(drawn.content)
    assert drawn.changes[0] is Change.PAGE_DRAWN
    told = offer_conversion(LEFT_OUT["signature without appearance"], LIMITS)
    for language in Language:
        assert told.changes_text(language)[0] != drawn.changes_text(language)[0]
