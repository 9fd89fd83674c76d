"""The sign of one step on the time line: a number, or how it went."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from agent.windows.icons import draw
from agent.windows.renew.plan import Standing
from agent.windows.style import Colours, colours

_DIAMETER = 24
_GAP = 6
"""Between a sign and the line that leads to it."""


class StepSign(QWidget):
    """A circle with the line from the step before and to the next.

    What is in the circle says it too: colour alone would leave some people out.
    """

    def __init__(self) -> None:
        super().__init__()
        self._number, self._count = 1, 1
        self._standing = Standing.AHEAD
        self._before: Standing | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_place(self, number: int, count: int) -> None:
        """Show which of how many steps it is, from 1 on."""
        self._number, self._count = number, count
        self.update()

    def show_standing(self, standing: Standing, before: Standing | None) -> None:
        """Show where the step stands, and the one before it; None where it is the first."""
        self._standing, self._before = standing, before
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the room for the circle and a line on both sides."""
        return QSize(3 * _DIAMETER, _DIAMETER + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the lines, then the circle."""
        chosen = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_lines(painter, chosen)
        self._paint_circle(painter, chosen)
        painter.end()

    def _paint_lines(self, painter: QPainter, chosen: Colours) -> None:
        middle, radius = QRectF(self.rect()).center(), _DIAMETER / 2 + _GAP
        if self._number > 1:
            painter.setPen(_line(self._before is Standing.DONE, chosen))
            painter.drawLine(QPointF(0, middle.y()), QPointF(middle.x() - radius, middle.y()))
        if self._number < self._count:
            painter.setPen(_line(self._standing is Standing.DONE, chosen))
            end = QPointF(self.width(), middle.y())
            painter.drawLine(QPointF(middle.x() + radius, middle.y()), end)

    def _paint_circle(self, painter: QPainter, chosen: Colours) -> None:
        place = QRectF(0, 0, _DIAMETER, _DIAMETER)
        place.moveCenter(QRectF(self.rect()).center())
        fill = {
            Standing.DONE: chosen.good,
            Standing.NOW: chosen.accent,
            Standing.TROUBLE: chosen.bad,
        }.get(self._standing)
        painter.setPen(QPen(QColor(fill or chosen.border), 2))
        painter.setBrush(QColor(fill or chosen.surface))
        painter.drawEllipse(place.adjusted(1, 1, -1, -1))
        within = chosen.on_accent if fill else chosen.muted
        if self._standing is Standing.DONE:
            draw(painter, place.adjusted(5, 5, -5, -5), "done", within)
            return
        painter.setPen(QColor(within))
        said = "!" if self._standing is Standing.TROUBLE else str(self._number)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, said)


def _line(is_passed: bool, chosen: Colours) -> QPen:
    return QPen(QColor(chosen.good if is_passed else chosen.border), 2)
