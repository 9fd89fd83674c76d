"""The tray icon, drawn: a seal whose colour and mark say the worst certificate's state.

Colour alone would leave out who cannot tell red from green, so each state also has a mark of its
own. The badge counts the certificates that need a person.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
from PIL import Image, ImageDraw, ImageFont

from agent.certificates.days import CertificateStatus

_GRID = 64
"""Coordinates below are those of a 64 × 64 icon."""
_OVERSAMPLING = 8
_WHITE = "#ffffff"
_DARK = "#1d2330"
_EDGE = "#5b626d"
"""Around the white rim, which alone would be lost on a light panel as the seal would be on a dark one."""
_TEETH = 12
_ALONE = ((32.0, 27.0), 27.0)
"""Centre and radius of the seal."""
_BESIDE_BADGE = ((25.0, 25.0), 25.0)

Points = list[tuple[float, float]]


class _Canvas:
    """Draws in the grid's coordinates on a large image, which is made small in the end."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._scale = size * _OVERSAMPLING / _GRID
        side = size * _OVERSAMPLING
        self._image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
        self._draw = ImageDraw.Draw(self._image)

    def polygon(self, points: Points, fill: str) -> None:
        self._draw.polygon([self._at(point) for point in points], fill=fill)

    def line(self, points: Points, fill: str, width: float) -> None:
        """Draw a line with round ends and corners."""
        scaled = [self._at(point) for point in points]
        self._draw.line(scaled, fill=fill, width=round(width * self._scale))
        for point in points:
            self.disc(point, width / 2, fill)

    def disc(self, centre: tuple[float, float], radius: float, fill: str) -> None:
        x, y = self._at(centre)
        r = radius * self._scale
        self._draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)

    def pill(self, box: tuple[float, float, float, float], fill: str) -> None:
        """Draw a box whose ends are half circles."""
        left, top, right, bottom = (value * self._scale for value in box)
        self._draw.rounded_rectangle(
            (left, top, right, bottom), radius=(bottom - top) / 2, fill=fill
        )

    def text(self, centre: tuple[float, float], text: str, height: float, fill: str) -> None:
        """Write bold ``text``, its middle at ``centre``. Pillow's own font: the same everywhere."""
        font = ImageFont.load_default(height * self._scale)
        bold = round(height * self._scale / 22)
        left, top, right, bottom = self._draw.textbbox((0, 0), text, font, stroke_width=bold)
        x, y = self._at(centre)
        self._draw.text(
            (x - (left + right) / 2, y - (top + bottom) / 2),
            text, fill, font, stroke_width=bold, stroke_fill=fill,
        )  # fmt: skip

    def finished(self) -> Image.Image:
        return self._image.resize((self._size, self._size), Image.Resampling.LANCZOS)

    def _at(self, point: tuple[float, float]) -> tuple[float, float]:
        return point[0] * self._scale, point[1] * self._scale


Mark = Callable[[_Canvas, tuple[float, float], str], None]


def _tick(canvas: _Canvas, centre: tuple[float, float], colour: str) -> None:
    x, y = centre
    canvas.line([(x - 9.5, y + 0.5), (x - 2.5, y + 7.5), (x + 10, y - 7)], colour, 6.5)


def _exclamation(canvas: _Canvas, centre: tuple[float, float], colour: str) -> None:
    x, y = centre
    canvas.line([(x, y - 11), (x, y + 1.5)], colour, 6.5)
    canvas.disc((x, y + 11), 3.8, colour)


def _cross(canvas: _Canvas, centre: tuple[float, float], colour: str) -> None:
    x, y = centre
    canvas.line([(x - 8, y - 8), (x + 8, y + 8)], colour, 6.5)
    canvas.line([(x - 8, y + 8), (x + 8, y - 8)], colour, 6.5)


def _clock_hands(canvas: _Canvas, centre: tuple[float, float], colour: str) -> None:
    x, y = centre
    canvas.line([(x - 3, y - 12), (x - 3, y + 4), (x + 9, y + 4)], colour, 6.5)


def _dash(canvas: _Canvas, centre: tuple[float, float], colour: str) -> None:
    x, y = centre
    canvas.line([(x - 9, y), (x + 9, y)], colour, 6.5)


class _Look(msgspec.Struct, frozen=True):
    fill: str
    ribbon: str
    mark_colour: str
    mark: Mark


_LOOKS = {
    CertificateStatus.VALID: _Look("#1f9d4d", "#12703a", _WHITE, _tick),
    CertificateStatus.EXPIRING: _Look("#f5a800", "#b87800", _DARK, _exclamation),
    CertificateStatus.EXPIRED: _Look("#d92d20", "#9b1c13", _WHITE, _cross),
    CertificateStatus.NOT_YET_VALID: _Look("#7d8592", "#5b626d", _WHITE, _clock_hands),
}
_NO_CERTIFICATE = _Look("#7d8592", "#5b626d", _WHITE, _dash)


def draw_icon(status: CertificateStatus | None, badge: int, *, size: int = 64) -> Image.Image:
    """Return the icon as an RGBA image of ``size`` pixels.

    Args:
        status: the worst state of all certificates; None where there is none.
        badge: how many certificates have expired or will soon; nothing is shown for 0.
        size: side in pixels; it stays legible down to 22, also where a panel makes it that small.
    """
    look = _LOOKS[status] if status is not None else _NO_CERTIFICATE
    canvas = _Canvas(size)
    centre, radius = _BESIDE_BADGE if badge > 0 else _ALONE
    _draw_seal(canvas, centre, radius, look)
    look.mark(canvas, centre, look.mark_colour)
    if badge > 0:
        _draw_badge(canvas, str(badge) if badge <= 9 else "9+")
    return canvas.finished()


def _draw_seal(canvas: _Canvas, centre: tuple[float, float], radius: float, look: _Look) -> None:
    x, y = centre
    for side in (-1, 1):
        canvas.polygon(
            [
                (x + side * 4, y + 12),
                (x + side * 20, y + 12),
                (x + side * 22, y + 37),
                (x + side * 12, y + 31),
                (x + side * 5, y + 37),
            ],
            look.ribbon,
        )
    canvas.polygon(_rosette(centre, radius, radius - 3), _EDGE)
    canvas.polygon(_rosette(centre, radius - 1, radius - 3.7), _WHITE)
    canvas.polygon(_rosette(centre, radius - 2.4, radius - 4.8), look.fill)


def _rosette(centre: tuple[float, float], outer: float, inner: float) -> Points:
    """Return a circle with soft teeth, as seals have."""
    x, y = centre
    middle, depth = (outer + inner) / 2, (outer - inner) / 2
    points = []
    for step in range(360):
        angle = math.radians(step)
        radius = middle + depth * math.cos(_TEETH * angle)
        points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    return points


def _draw_badge(canvas: _Canvas, text: str) -> None:
    """Draw the count at the lower right, dark with a white rim: seen on any panel and any seal."""
    width = 34 if len(text) == 1 else 42
    left, top = _GRID - width, 30
    canvas.pill((left, top, _GRID, _GRID), _WHITE)
    canvas.pill((left + 2.5, top + 2.5, _GRID - 2.5, _GRID - 2.5), _DARK)
    canvas.text(((left + _GRID) / 2, (top + _GRID) / 2), text, 30 if len(text) == 1 else 25, _WHITE)
