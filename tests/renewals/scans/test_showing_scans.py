"""Pictures of scans to look at, and turning them: all of it in the scan worker."""

from __future__ import annotations

import pytest
from pictures import LIMITS, exif, marked, noise, opened, pdf, saved

from agent.renewals.scans.model import LONGEST_SHOWN, Change
from agent.renewals.scans.reports import ScanUnusableError, offer_conversion, show_scan


def black_corner(picture):
    """Return where the black corner is."""
    grey = picture.convert("L")
    width, height = grey.size
    corners = {
        "upper left": (2, 2),
        "upper right": (width - 3, 2),
        "lower right": (width - 3, height - 3),
        "lower left": (2, height - 3),
    }
    return next(name for name, at in corners.items() if grey.getpixel(at) < 64)


@pytest.mark.parametrize(
    ("turns", "corner"),
    [(0, "upper left"), (1, "upper right"), (2, "lower right"), (3, "lower left")],
)
def test_a_scan_is_turned_clockwise_by_quarters(turns, corner):
    paper = saved(marked(), "PNG")
    assert black_corner(opened(show_scan(paper, 80, turns=turns))) == corner
    conversion = offer_conversion(paper, LIMITS, turns=turns)
    assert black_corner(opened(conversion.content)) == corner
    assert (Change.TURNED in conversion.changes) == bool(turns)


def test_what_a_camera_turned_stands_upright_before_it_is_turned_further():
    lying = saved(marked(), "JPEG", exif=exif(orientation=6))
    assert black_corner(opened(show_scan(lying, 80))) == "upper right"
    assert black_corner(opened(show_scan(lying, 80, turns=3))) == "upper left"


def test_a_picture_to_look_at_is_a_bounded_jpeg_without_metadata():
    shown = show_scan(noise("JPEG", (4000, 3000), exif=exif(place=True)), 5000)
    picture = opened(shown)
    assert (picture.format, max(picture.size)) == ("JPEG", 1600)
    assert len(shown) <= LONGEST_SHOWN
    assert not picture.getexif()


def test_a_page_of_a_pdf_is_shown():
    assert max(opened(show_scan(pdf(2), 240, page=2)).size) == 240
    with pytest.raises(ScanUnusableError) as refused:
        show_scan(pdf(2), 240, page=3)
    assert refused.value.code == "scan_no_such_page"
