"""Conversions of scans: what is offered is upright, 8-bit RGB, one picture, small enough, legible."""

from __future__ import annotations

import pytest
from pictures import (
    LIMITS,
    exif,
    marked,
    noise,
    opened,
    pdf,
    saved,
    several,
    sixteen_bit_png,
)
from PIL import Image

from agent.ground.language import Language
from agent.renewals.scans.model import LEGIBLE_SIDE, Change, Fault, Limits
from agent.renewals.scans.reports import ScanUnusableError, offer_conversion, report_scan

PHOTO = (1600, 1200)


def offered(content: bytes, *, page: int = 1, limits: Limits = LIMITS):
    """Return a conversion and its picture, after making sure that it can be sent as it is."""
    conversion = offer_conversion(content, limits, page=page)
    report = report_scan(conversion.content, limits)
    assert report.faults == ()
    assert report.facts == conversion.after
    assert report.facts.metadata == ()
    picture = opened(conversion.content)
    assert picture.mode == "RGB"
    return conversion, picture


def is_dark(picture: Image.Image, x: float, y: float) -> bool:
    return sum(picture.getpixel((int(picture.width * x), int(picture.height * y)))) < 200


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [
        *((1, (0, 0)), (2, (1, 0)), (3, (1, 1)), (4, (0, 1))),
        *((5, (0, 0)), (6, (1, 0)), (7, (1, 1)), (8, (0, 1))),
    ],
)
def test_a_turned_picture_is_put_upright(orientation, corner):
    content = saved(marked(), "JPEG", quality=95, exif=exif(orientation=orientation))
    conversion, picture = offered(content)
    assert picture.size == ((80, 40) if orientation < 5 else (40, 80))
    corners = [(x, y) for x in (0, 1) for y in (0, 1)]
    assert [c for c in corners if is_dark(picture, 0.1 + 0.8 * c[0], 0.1 + 0.8 * c[1])] == [corner]
    assert (Change.TURNED_UPRIGHT in conversion.changes) is (orientation != 1)


def test_where_and_how_it_was_taken_is_removed():
    conversion, picture = offered(noise("JPEG", exif=exif(place=1), comment=b"at home"))
    assert conversion.before.metadata == ("EXIF", "GPS", "comment")
    assert Change.METADATA_REMOVED in conversion.changes
    assert not picture.getexif()
    assert b"at home" not in conversion.content


def test_printing_colours_become_those_of_screens():
    conversion, picture = offered(saved(Image.new("CMYK", (50, 50), (0, 255, 255, 0)), "JPEG"))
    red, green, blue = picture.getpixel((20, 20))
    assert red > 200
    assert max(green, blue) < 80
    assert Change.TO_RGB in conversion.changes


def test_sixteen_bits_become_eight_and_not_white():
    conversion, picture = offered(sixteen_bit_png())
    shades = [picture.getpixel((x, 20))[0] for x in (1, 20, 38)]
    assert shades == sorted(shades)
    assert shades[0] < 30
    assert 100 < shades[1] < 160
    assert shades[2] > 230
    assert Change.TO_EIGHT_BIT in conversion.changes


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PNG", "WEBP"])
def test_of_several_pictures_the_chosen_one_is_taken(kind):
    content = several(kind)
    for page, shade in ((1, 0), (2, 80), (3, 160)):
        conversion, picture = offered(content, page=page)
        assert abs(picture.getpixel((15, 10))[0] - shade) < 12
        assert Change.FIRST_PICTURE in conversion.changes
        [said] = [text for text in conversion.changes_text(Language.EN) if "of 3" in text]
        assert said.startswith(f"picture {page} of 3")


@pytest.mark.parametrize("page", [0, 4, -1, 10**9])
@pytest.mark.parametrize("content", [several("GIF"), pdf(3)], ids=["gif", "pdf"])
def test_a_page_that_is_not_there_is_told(content, page):
    with pytest.raises(ScanUnusableError) as caught:
        offer_conversion(content, LIMITS, page=page)
    assert caught.value.code == "scan_no_such_page"


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white_paper(mode):
    picture = Image.new("RGBA", (40, 40), (0, 0, 0, 0)).convert(mode)
    options = {"transparency": 0} if mode == "P" else {}
    assert offered(saved(picture, "PNG", **options))[1].getpixel((20, 20)) == (255, 255, 255)


def test_a_picture_of_two_colours_is_scaled_in_greys():
    picture = Image.effect_noise((6000, 300), 80).convert("1")
    _, smaller = offered(saved(picture, "PNG"))
    assert len(smaller.convert("L").getcolors()) > 10


def test_a_page_of_a_pdf_becomes_a_picture_at_300_dpi():
    conversion, picture = offered(pdf(2), page=2)
    assert (picture.width, picture.height) == (2479, 3508)
    assert is_dark(picture, 0.1, 0.1)
    assert not is_dark(picture, 0.9, 0.9)
    assert conversion.changes == (Change.PAGE_DRAWN,)


def test_a_poster_of_a_pdf_is_no_larger_than_a_page():
    assert max(offered(pdf(1, (3000, 1000)))[1].size) == LEGIBLE_SIDE


def test_quality_gives_way_before_size():
    content = noise("BMP", PHOTO)
    gentle = offered(content, limits=Limits(formats=LIMITS.formats, max_bytes=1_600_000))[1]
    tight = offered(content, limits=Limits(formats=LIMITS.formats, max_bytes=700_000))[1]
    assert gentle.size == PHOTO
    assert 1240 <= tight.width < PHOTO[0]
    assert abs(tight.width / tight.height - 4 / 3) < 0.01


def test_what_would_not_be_legible_is_not_offered():
    with pytest.raises(ScanUnusableError) as caught:
        offer_conversion(noise("BMP", PHOTO), Limits(formats=LIMITS.formats, max_bytes=20_000))
    assert caught.value.fault is Fault.CANNOT_FIT
    assert caught.value.text(Language.ZH) != caught.value.text(Language.EN)


def test_a_small_picture_is_not_made_smaller_to_fit():
    assert offered(noise("TIFF", (60, 40)))[1].size == (60, 40)


def test_an_authority_that_takes_png_only_gets_png():
    only_png = Limits(formats=("image/png",), max_bytes=LIMITS.max_bytes)
    assert offered(noise("JPEG"), limits=only_png)[0].after.format == "PNG"


def test_an_authority_that_takes_nothing_we_make_is_told_of_before_anything_is_sent():
    with pytest.raises(ScanUnusableError):
        offer_conversion(noise("JPEG"), Limits(formats=("image/tiff",), max_bytes=1024 * 1024))


def test_a_photograph_of_48_megapixels_fits_and_can_be_read():
    content = saved(marked((8000, 6000)), "JPEG")
    conversion, picture = offered(content)
    assert max(picture.size) == LEGIBLE_SIDE
    assert conversion.changes == (Change.SCALED_DOWN, Change.RECOMPRESSED)


def test_the_same_file_gives_the_same_picture():
    content = noise("BMP", (900, 700))
    assert offer_conversion(content, LIMITS).content == offer_conversion(content, LIMITS).content
