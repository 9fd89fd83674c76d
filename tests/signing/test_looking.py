"""Documents to be signed are looked at: pages by a worker, texts as they are, the rest not at all."""

from __future__ import annotations

import io

import pytest
from fpdf import FPDF
from PIL import Image

from agent.signing.looking import MAX_TEXT_BYTES, NotShowableError, look


def pdf(pages: int) -> bytes:
    made = FPDF()
    for number in range(pages):
        made.add_page()
        made.set_font("Helvetica", size=40)
        made.cell(text=f"Page {number + 1}")
    return bytes(made.output())


def test_pages_of_a_pdf_are_pictures():
    document = pdf(2)
    first, second = look(document, 1), look(document, 2)
    assert first.pages == second.pages == 2
    assert first.picture != second.picture
    assert max(Image.open(io.BytesIO(first.picture)).size) > 1000, "small print can be read"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF"])
def test_pictures_are_shown(kind):
    made = io.BytesIO()
    Image.new("RGB", (300, 200), "red").save(made, kind)
    assert Image.open(io.BytesIO(look(made.getvalue(), 1).picture)).format == "JPEG"


@pytest.mark.parametrize("text", ["", "合同\n第一条", "<a>\u202etxt.exe</a>", "x" * MAX_TEXT_BYTES])
def test_texts_are_shown_whole(text):
    looked = look(text.encode(), 1)
    assert (looked.text, looked.is_cut, looked.picture) == (text, False, b"")


def test_of_a_long_text_the_beginning_is_shown_and_that_it_goes_on():
    looked = look(("x" + "合" * MAX_TEXT_BYTES).encode(), 1)
    assert looked.is_cut
    assert set(looked.text) == {"x", "合"}
    assert len(looked.text.encode()) > MAX_TEXT_BYTES - 4


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04\0\0",
        b"\xff\xfe",
        "合同".encode("gb18030"),
        b"text\0",
        b"%PDF-1.7 broken",
        b"\x89PNG",
    ],
)
def test_what_cannot_be_shown_is_said_to_be_so(content):
    with pytest.raises(NotShowableError):
        look(content, 1)


def test_a_page_that_is_not_there():
    with pytest.raises(NotShowableError):
        look(pdf(1), 2)
