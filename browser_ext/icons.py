"""Draw the extension's icons: a certificate's sheet with a red seal. Run after changing it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

FOLDER = Path(__file__).parent / "extension" / "icons"
SIZES = (16, 32, 48, 128)
GRID = 128
"""The drawing's units; each icon is drawn larger and scaled down, for smooth edges."""
OVERSAMPLING = 8

INK = "#2b4c7e"
PAPER = "#ffffff"
SEAL = "#c8161d"


def draw(size: int) -> Image.Image:
    """Return the icon at ``size`` pixels."""
    large = size * OVERSAMPLING
    image = Image.new("RGBA", (large, large), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    unit = large / GRID

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, ...]:
        return (left * unit, top * unit, right * unit, bottom * unit)

    pen.rounded_rectangle(
        box(14, 6, 114, 122), radius=12 * unit, fill=PAPER, outline=INK, width=round(9 * unit)
    )
    for top in (32, 52):
        pen.rounded_rectangle(box(34, top, 94, top + 9), radius=4 * unit, fill=INK)
    pen.rounded_rectangle(box(34, 72, 58, 81), radius=4 * unit, fill=INK)
    pen.ellipse(box(62, 66, 108, 112), fill=SEAL, outline=PAPER, width=round(4 * unit))
    return image.resize((size, size), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for pixels in SIZES:
        draw(pixels).save(FOLDER / f"{pixels}.png", optimize=True)
