"""The letter of authorisation: filled in, blank where nothing is known, ready to print on A4."""

from __future__ import annotations

import datetime as dt
import io

import docx
import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_people import id_number

from agent.renewals.letter import fonts
from agent.renewals.letter.docx import letter_docx
from agent.renewals.letter.fonts import Font, FontMissingError, find_font
from agent.renewals.letter.lines import break_lines
from agent.renewals.letter.pdf import letter_pdf
from agent.renewals.letter.text import Letter

FILLED_IN = Letter(
    authority="样例服务商",
    organisation="深圳市样例有限公司",
    uscc="91440300MA5EXAMPLE",
    name="欧阳样例",
    id_number=id_number(),
    date=dt.date(2026, 1, 2),
)
LONGEST = Letter(organisation="深圳市样例(集团)股份有限公司" * 13, name="买买提·样例" * 5)
FACTS = ("致：样例服务商", "深圳市样例有限公司", "91440300MA5EXAMPLE", "欧阳样例", id_number())
A4 = (595.28, 841.89)


def text_of_pdf(content: bytes) -> str:
    page = pdfium.PdfDocument(content)[0].get_textpage()
    return page.get_text_range().replace("\r\n", "")


def text_of_docx(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


@pytest.mark.parametrize("text", [text_of_pdf, text_of_docx])
def test_everything_that_is_known_is_filled_in(text):
    make = letter_pdf if text is text_of_pdf else letter_docx
    found = text(make(FILLED_IN))
    for fact in (*FACTS, "2026年1月2日", "法 人 授 权 书", "（加盖公章处）", "法定代表人"):
        assert fact in found


def test_what_is_not_known_is_left_blank():
    found = text_of_docx(letter_docx(Letter()))
    assert "None" not in found
    assert "　年　　月　　日" in found


@pytest.mark.parametrize(
    ("letter", "pages"),
    [(FILLED_IN, 1), (LONGEST, 2), (Letter(), 1)],
    ids=["full", "long", "blank"],
)
def test_the_pdf_is_an_a4_page_with_white_margins(letter, pages):
    document = pdfium.PdfDocument(letter_pdf(letter))
    assert len(document) == pages
    for page in document:
        assert [abs(a - b) < 1 for a, b in zip(page.get_size(), A4, strict=True)] == [True, True]
        picture = page.render(scale=1).to_pil().convert("L")
        right, bottom, margin = picture.width, picture.height, 56  # 20 mm in points
        assert picture.getextrema()[0] < 100
        for edge in (
            (0, 0, right, margin),
            (0, bottom - margin, right, bottom),
            (0, 0, margin, bottom),
            (right - margin, 0, right, bottom),
        ):
            assert picture.crop(edge).getextrema() == (255, 255)


def test_the_pdf_carries_its_glyphs_and_not_much_more():
    content = letter_pdf(FILLED_IN)
    assert b"/FontFile" in content
    assert len(content) < 100_000


def test_the_docx_is_a4_and_says_nothing_of_who_made_it():
    document = docx.Document(io.BytesIO(letter_docx(FILLED_IN)))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    properties = document.core_properties
    assert (properties.author, properties.comments, properties.last_modified_by) == ("", "", "")
    assert properties.title == "法人授权书"


def test_a_character_no_font_has_is_named():
    with pytest.raises(FontMissingError) as caught:
        letter_pdf(Letter(name="样\U0010fffd"))
    assert caught.value.values["characters"] == "\U0010fffd"


def test_a_font_that_lacks_a_character_is_passed_over(monkeypatch, tmp_path):
    good = find_font(FILLED_IN.characters)
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    listed = [Font(broken, 0), Font(tmp_path / "gone.ttf", 0), good]
    monkeypatch.setattr(fonts, "_candidates", lambda: iter(listed))
    assert find_font(FILLED_IN.characters) == good


def test_without_fontconfig_it_is_said_that_there_is_no_font(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FontMissingError):
        letter_pdf(FILLED_IN)


def test_a_face_of_a_collection_is_found_by_its_name():
    font = find_font(FILLED_IN.characters)
    assert fonts._number_of(font.file, "no such face") == 0
    if font.file.suffix == ".ttc":
        assert fonts._number_of(font.file, "Noto Serif CJK SC") == font.number


TEXT = st.text(st.sampled_from("汉字样例，。；：）》（《「」() abc019"), max_size=120)


@given(TEXT, st.integers(2, 30), st.integers(0, 2))
def test_no_line_is_too_wide_and_nothing_but_blanks_is_lost(text, width, indent):
    lines = break_lines(text, len, width, indent=min(indent, width - 2))
    assert all(len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("汉字汉字，汉字", ("汉字汉", "字，汉字")),
        ("汉字（汉）字", ("汉字", "（汉）字")),
        # A number that no line can hold is broken all the same.
        ("统一 91440300 码", ("统一 9", "1440", "300", "码")),
        ("样例公(集团)", ("样例公", "(集团)")),
        ("编号AB12", ("编号", "AB12")),
        ("", ("",)),
    ],
)
def test_signs_stay_with_their_words_and_numbers_stay_whole(text, lines):
    assert tuple(line.strip() for line in break_lines(text, len, 4)) == lines
