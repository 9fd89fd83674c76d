"""Icons drawn as lines on a grid of 24: sharp at any scale, in the colour of the text beside them."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

_SHAPES = {
    "renew": '<path d="M20 11a8 8 0 1 0-2.3 6.3"/><path d="M20 5v6h-6"/>',
    "pin": '<circle cx="8" cy="15" r="4.5"/><path d="M11.3 11.7 20 3M16 7l3 3"/>',
    "sign": '<path d="M13 3.5H6v17h12V8.5z"/><path d="M13 3.5v5h5M8.5 16.5c1.5-3 2.5-3 2.5-1s1 1.5 '
    '2 0 1.5-.5 2.5.5"/>',
    "check": '<rect x="3.5" y="4.5" width="17" height="12" rx="1.5"/><path d="M8.5 10.5l2.5 2.5 '
    '4.5-5M8 20.5h8M12 16.5v4"/>',
    "upgrade": '<path d="M12 16V4M7 9l5-5 5 5"/><path d="M4 15v4.5h16V15"/>',
    "help": '<circle cx="12" cy="12" r="8.5"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 '
    '.8-1 1.7"/><path d="M12 16.8v.2"/>',
    "about": '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v6M12 7.2v.2"/>',
    "settings": '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/>'
    '<circle cx="9" cy="17" r="2"/>',
    "token": '<rect x="7" y="9" width="10" height="12" rx="2"/><path d="M9 9V3.5h6V9M11 6v.1M13 6v.1"/>',
    "signing": '<path d="M4 20l1.2-4.8L16.5 4a2 2 0 0 1 3 3L8.8 18.8 4 20Z"/><path d="M14.5 6l3.5 3.5"/>',
    "encryption": '<rect x="5" y="10.5" width="14" height="10" rx="2"/><path d="M8 10.5V8a4 4 0 0 1 8 '
    '0v2.5"/>',
    "other": '<rect x="4" y="5" width="16" height="14" rx="1.5"/><path d="M8 10h8M8 14h5"/>',
    "done": '<path d="M5 12.5l4.5 4.5L19 7.5"/>',
    "failed": '<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>',
    "stopped": '<path d="M6 12h12"/>',
    "waiting": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>',
    "phone": '<rect x="7" y="3" width="10" height="18" rx="2"/><path d="M11 17.8h2"/>',
    "letter": '<rect x="3.5" y="5.5" width="17" height="13" rx="1.5"/><path d="M4 7l8 6 8-6"/>',
    "licence": '<rect x="4" y="4" width="16" height="12" rx="1.5"/><path d="M8 8h8M8 11.5h4"/>'
    '<circle cx="15.5" cy="15.5" r="2.5"/><path d="M14 17.5V21l1.5-1 1.5 1v-3.5"/>',
    "sites": '<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c5 5 5 12 0 17c-5-5-5-12 0-17"/>',
}


def draw(painter: QPainter, place: QRectF, name: str, colour: str) -> None:
    """Draw the icon ``name`` in ``place``; ``colour`` is as style sheets have it."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" '
        f'stroke="{colour}" stroke-width="1.7" stroke-linecap="round" '
        f'stroke-linejoin="round">{_SHAPES[name]}</svg>'
    )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, place)


class PaintedIcon(QIconEngine):
    """An icon that is painted anew at each size."""

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return it at one size, on nothing."""
        image = QPixmap(size)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        self.paint(painter, image.rect(), mode, state)
        painter.end()
        return image


class _Lines(PaintedIcon):
    """Paints a shape in the palette's colour of the moment, so that a theme may change."""

    def __init__(self, name: str, role: QPalette.ColorRole) -> None:
        super().__init__()
        self._name = name
        self._role = role

    def clone(self) -> QIconEngine:
        return _Lines(self._name, self._role)

    def paint(self, painter: QPainter, rect: object, mode: QIcon.Mode, _state: QIcon.State) -> None:
        disabled = mode is QIcon.Mode.Disabled
        group = QPalette.ColorGroup.Disabled if disabled else QPalette.ColorGroup.Active
        role = QPalette.ColorRole.HighlightedText if mode is QIcon.Mode.Selected else self._role
        colour = QApplication.palette().color(group, role).name()
        draw(painter, QRectF(rect), self._name, colour)  # type: ignore[call-overload]


def icon(name: str, role: QPalette.ColorRole = QPalette.ColorRole.WindowText) -> QIcon:
    """Return the icon ``name`` in the colour of ``role``."""
    return QIcon(_Lines(name, role))
