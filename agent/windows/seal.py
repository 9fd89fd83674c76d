"""The product's seal as the icon of its windows, drawn as in the tray, by Qt: Pillow is not loaded here."""

from __future__ import annotations

import math

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 24, 32, 48, 128)
"""What title bars, task switchers and docks take."""
_TEETH = 12
_CENTRE = (32.0, 27.0)


def seal_icon() -> QIcon:
    """Return the icon in all sizes; an application must be there."""
    renderer = QSvgRenderer(QByteArray(_svg().encode()))
    icon = QIcon()
    for size in SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter)
        painter.end()
        icon.addPixmap(pixmap)
    return icon


def _svg() -> str:
    x, y = _CENTRE
    ribbons = "".join(
        f'<path fill="#12703a" d="M{x + s * 4} {y + 12}H{x + s * 20}L{x + s * 22} {y + 37}'
        f'L{x + s * 12} {y + 31}L{x + s * 5} {y + 37}Z"/>'
        for s in (-1, 1)
    )
    rings = "".join(
        f'<path fill="{colour}" d="{_rosette(outer, inner)}"/>'
        for colour, outer, inner in (
            ("#5b626d", 27, 24), ("#ffffff", 26, 23.3), ("#1f9d4d", 24.6, 22.2),
        )
    )  # fmt: skip
    tick = (
        f'<path fill="none" stroke="#ffffff" stroke-width="6.5" stroke-linecap="round" '
        f'stroke-linejoin="round" d="M{x - 9.5} {y + 0.5}L{x - 2.5} {y + 7.5}L{x + 10} {y - 7}"/>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">{ribbons}{rings}{tick}</svg>'
    )


def _rosette(outer: float, inner: float) -> str:
    """Return the path of a circle with soft teeth, as seals have."""
    middle, depth = (outer + inner) / 2, (outer - inner) / 2
    points = []
    for step in range(0, 360, 3):
        angle = math.radians(step)
        radius = middle + depth * math.cos(_TEETH * angle)
        x, y = _CENTRE[0] + radius * math.cos(angle), _CENTRE[1] + radius * math.sin(angle)
        points.append(f"{x:.2f} {y:.2f}")
    return f"M{'L'.join(points)}Z"
