"""What a portal is known by at a glance: the first character of its name on a ground of its own colour."""

from __future__ import annotations

import zlib

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QIconEngine, QPainter

from agent.windows.icons import PaintedIcon

GROUNDS = ("#0b57b0", "#146c34", "#8a5000", "#a3195b", "#5b3fa8", "#00666e")
"""White is read on each of them (AA), and each is seen on a light and on a dark button."""
_ROUNDED = 0.25
_LETTER = 0.6
"""Of the side."""


class _Tile(PaintedIcon):
    """Painted at any scale."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def clone(self) -> QIconEngine:
        return _Tile(self._name)

    def paint(
        self, painter: QPainter, rect: object, _mode: QIcon.Mode, _state: QIcon.State
    ) -> None:
        place = QRectF(rect)  # type: ignore[call-overload]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground_of(self._name)))
        painter.drawRoundedRect(place, place.width() * _ROUNDED, place.height() * _ROUNDED)
        font = QGuiApplication.font()
        font.setPixelSize(round(place.height() * _LETTER))
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor("white"))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, self._name[:1].upper())


def ground_of(name: str) -> str:
    """Return the colour of a name, the same one each time."""
    return GROUNDS[zlib.crc32(name.encode()) % len(GROUNDS)]


def tile(name: str) -> QIcon:
    """Return the tile of ``name``."""
    return QIcon(_Tile(name))
