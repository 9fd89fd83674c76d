"""The letter of authorisation as DOCX, for who wants to change its words before printing."""

from __future__ import annotations

import io

import docx
from docx.document import Document
from docx.enum.table import (
    WD_CELL_VERTICAL_ALIGNMENT,
    WD_ROW_HEIGHT_RULE,
    WD_TABLE_ALIGNMENT,
)
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Length, Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from agent.renewals.letter.text import (
    AFTER_TABLE,
    BEFORE_TABLE,
    DATE,
    SEAL,
    SEAL_MILLIMETRES,
    SIGNATURE,
    TITLE,
    Letter,
)

_LATIN, _CHINESE = "Times New Roman", "宋体"
_TITLE_SIZE, _TEXT_SIZE, _CELL_SIZE, _HINT_SIZE = Pt(24), Pt(14), Pt(13), Pt(11)
_MARGIN = Mm(28)
_WIDTH = Mm(210 - 2 * 28)
_LABEL_WIDTH = Mm(46)
_ROW_HEIGHT = Mm(13)
_SEAL = Mm(SEAL_MILLIMETRES)
_GREY = RGBColor(0x96, 0x96, 0x96)


def letter_docx(letter: Letter) -> bytes:
    """Return the letter as DOCX; the fonts are those of the system that opens it."""
    document = docx.Document()
    _set_up(document)
    title = document.add_paragraph(" ".join(TITLE))
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.runs[0].font.size = _TITLE_SIZE
    title.paragraph_format.space_after = Pt(24)
    document.add_paragraph(letter.addressee)
    _indent(document.add_paragraph(BEFORE_TABLE))
    _add_table(document, letter.rows)
    for number, text in enumerate(AFTER_TABLE):
        paragraph = _indent(document.add_paragraph(text))
        paragraph.paragraph_format.space_before = Pt(0 if number else 16)
    _add_signatures(document, letter)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _set_up(document: Document) -> None:
    """A4, one style, and nothing of the library's template in the properties."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = _MARGIN
    section.bottom_margin = Mm(20)
    style = document.styles["Normal"]
    style.font.name = _LATIN
    style.font.size = _TEXT_SIZE
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _CHINESE)
    # Without it commas stand in the middle of their square, as in traditional Chinese.
    style.element.rPr.append(_element("w:lang", val="zh-CN", eastAsia="zh-CN"))
    style.paragraph_format.line_spacing = 1.5
    style.paragraph_format.space_after = Pt(0)
    properties = document.core_properties
    properties.title = TITLE
    properties.author = properties.comments = properties.last_modified_by = ""
    properties.language = "zh-CN"


def _indent(paragraph: Paragraph) -> Paragraph:
    paragraph.paragraph_format.first_line_indent = Length(2 * _TEXT_SIZE)
    return paragraph


def _add_table(document: Document, rows: tuple[tuple[str, str], ...]) -> None:
    table = _new_table(document, (_LABEL_WIDTH, Length(_WIDTH - _LABEL_WIDTH)), "Table Grid")
    for texts in rows:
        row = table.add_row()
        row.height, row.height_rule = _ROW_HEIGHT, WD_ROW_HEIGHT_RULE.AT_LEAST
        for cell, text in zip(row.cells, texts, strict=True):
            paragraph = _write(cell, text, _CELL_SIZE)
            paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(4)


def _add_signatures(document: Document, letter: Letter) -> None:
    """At the left signature and date, at the right the place of the seal."""
    document.add_paragraph()
    table = _new_table(document, (Length(_WIDTH - _SEAL), _SEAL), None)
    row = table.add_row()
    row.height, row.height_rule = _SEAL, WD_ROW_HEIGHT_RULE.AT_LEAST
    left, right = row.cells
    _write(left, SIGNATURE, _TEXT_SIZE)
    left.add_paragraph()
    left.add_paragraph("＿" * 16)
    left.add_paragraph(f"{DATE}{letter.day}")
    hint = _write(right, SEAL, _HINT_SIZE)
    hint.alignment = WD_ALIGN_PARAGRAPH.CENTER
    hint.runs[0].font.color.rgb = _GREY
    edges = [
        _element(f"w:{edge}", val="dashed", sz="6", color=str(_GREY))
        for edge in ("top", "left", "bottom", "right")
    ]
    # After the width and before the alignment: their order is fixed (ISO 29500-1, 17.4.69).
    right._tc.get_or_add_tcPr().insert(1, _element("w:tcBorders", *edges))  # noqa: SLF001


def _new_table(document: Document, widths: tuple[Length, ...], style: str | None) -> Table:
    """Add a table without rows whose columns have these widths, whoever opens it."""
    table: Table = document.add_table(rows=0, cols=len(widths), style=style)
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    return table


def _write(cell: _Cell, text: str, size: Length) -> Paragraph:
    paragraph: Paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.line_spacing = 1.15
    paragraph.add_run(text).font.size = size
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    return paragraph


def _element(tag: str, *children: BaseOxmlElement, **attributes: str) -> BaseOxmlElement:
    """Return an element that the library has no words for."""
    element = OxmlElement(tag)
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    element.extend(children)
    return element
