"""The letter of authorisation as PDF: A4, its glyphs embedded; one page unless a name is enormous."""

from __future__ import annotations

from fpdf import FPDF

from agent.renewals.letter.fonts import find_font
from agent.renewals.letter.lines import break_lines
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

_FAMILY = "letter"
_MARGIN = 28.0
"""Millimetres, like all lengths here."""
_BOTTOM = 297 - 20.0
_WIDTH = 210 - 2 * _MARGIN
_TITLE_POINTS, _TEXT_POINTS, _CELL_POINTS, _HINT_POINTS = 24, 14, 13, 11
_LINE, _CELL_LINE = 9.2, 7.0
_LABEL_WIDTH = 46.0
_CELL_PADDING = 3.0
_EM = _TEXT_POINTS * 25.4 / 72
_GREY = 150


def letter_pdf(letter: Letter) -> bytes:
    """Return the letter as PDF.

    Raises:
        FontMissingError: no font of this system can set it.
    """
    font = find_font(letter.characters)
    page = FPDF(format="A4", unit="mm")
    page.set_title(TITLE)
    page.set_lang("zh-CN")
    page.set_auto_page_break(False)
    page.set_margins(_MARGIN, _MARGIN)
    page.add_font(_FAMILY, fname=font.file, collection_font_number=font.number)
    page.add_page()
    _Setter(page).set_letter(letter)
    return bytes(page.output())


class _Setter:
    """Sets the letter from the top of the page to its bottom."""

    def __init__(self, page: FPDF) -> None:
        self._page = page
        self._y = 36.0

    def set_letter(self, letter: Letter) -> None:
        self._title()
        self._paragraph(letter.addressee, indent=0)
        self._paragraph(BEFORE_TABLE)
        self._table(letter.rows)
        for text in AFTER_TABLE:
            self._paragraph(text)
        self._signatures(letter)

    def _title(self) -> None:
        self._page.set_font(_FAMILY, size=_TITLE_POINTS)
        # A blank between the characters, as titles of letters are set.
        spaced = " ".join(TITLE)
        self._page.text(105 - self._page.get_string_width(spaced) / 2, self._y, spaced)
        self._y += 20

    def _paragraph(self, text: str, *, indent: float = 2 * _EM) -> None:
        self._page.set_font(_FAMILY, size=_TEXT_POINTS)
        lines = break_lines(text, self._page.get_string_width, _WIDTH, indent=indent)
        for number, line in enumerate(lines):
            self._page.text(_MARGIN + (0 if number else indent), self._y, line)
            self._y += _LINE

    def _table(self, rows: tuple[tuple[str, str], ...]) -> None:
        self._page.set_font(_FAMILY, size=_CELL_POINTS)
        self._y -= _LINE / 4
        for label, value in rows:
            self._row(label, value)
        self._y += _LINE * 1.3

    def _row(self, label: str, value: str) -> None:
        room = _WIDTH - _LABEL_WIDTH - 2 * _CELL_PADDING
        lines = break_lines(value, self._page.get_string_width, room)
        height = 6 + _CELL_LINE * len(lines)
        self._page.rect(_MARGIN, self._y, _LABEL_WIDTH, height)
        self._page.rect(_MARGIN + _LABEL_WIDTH, self._y, _WIDTH - _LABEL_WIDTH, height)
        self._page.text(_MARGIN + _CELL_PADDING, self._y + height / 2 + 1.6, label)
        for number, line in enumerate(lines):
            below = 3 + _CELL_LINE * (number + 0.5) + 1.6
            self._page.text(_MARGIN + _LABEL_WIDTH + _CELL_PADDING, self._y + below, line)
        self._y += height

    def _signatures(self, letter: Letter) -> None:
        if self._y + 10 + SEAL_MILLIMETRES > _BOTTOM:
            self._page.add_page()
            self._y = _MARGIN
        self._page.set_font(_FAMILY, size=_TEXT_POINTS)
        top = self._y + 10
        self._page.text(_MARGIN, top + 8, SIGNATURE)
        self._page.line(_MARGIN, top + 22, _MARGIN + 78, top + 22)
        self._page.text(_MARGIN, top + 38, f"{DATE}{letter.day}")
        left = _MARGIN + _WIDTH - SEAL_MILLIMETRES
        self._page.set_draw_color(_GREY)
        self._page.set_text_color(_GREY)
        self._page.set_dash_pattern(dash=1.2, gap=1.2)
        self._page.circle(
            left + SEAL_MILLIMETRES / 2, top + SEAL_MILLIMETRES / 2, SEAL_MILLIMETRES / 2
        )
        self._page.set_font(_FAMILY, size=_HINT_POINTS)
        hint = self._page.get_string_width(SEAL)
        middle = left + (SEAL_MILLIMETRES - hint) / 2
        self._page.text(middle, top + SEAL_MILLIMETRES / 2 + 1.5, SEAL)
