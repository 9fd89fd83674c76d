"""A picture beside what a window says: an icon on a round ground, in the colours of the theme."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from agent.windows.icons import draw
from agent.windows.style import colours

PIXELS = 56


class Picture(QWidget):
    """It says nothing that is not said in words beside it, so a screen reader passes it over."""

    def __init__(self, name: str, kind: str = "") -> None:
        """Show the icon ``name`` as something ``good`` or ``bad``, else as neither."""
        super().__init__()
        self._name, self._kind = name, kind
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def change(self, name: str, kind: str = "") -> None:
        """Show another icon."""
        self._name, self._kind = name, kind
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return its only size."""
        return QSize(PIXELS, PIXELS)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint ground and icon."""
        ground, lines = _colours(self._kind)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(ground))
        painter.drawEllipse(self.rect())
        rim = PIXELS / 4
        draw(painter, QRectF(self.rect()).adjusted(rim, rim, -rim, -rim), self._name, lines)
        painter.end()


def _colours(kind: str) -> tuple[str, str]:
    chosen = colours()
    return {
        "good": (chosen.good_surface, chosen.good),
        "bad": (chosen.bad_surface, chosen.bad),
    }.get(kind, (chosen.raised, chosen.accent))
