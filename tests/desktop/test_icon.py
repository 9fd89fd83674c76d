from __future__ import annotations

import itertools

import pytest
from PIL import ImageChops, ImageStat

from agent.certificates.days import CertificateStatus
from agent.desktop.icon import draw_icon

STATES = [*CertificateStatus, None]
BADGE = (11, 11, 22, 22)


def difference(one, other):
    """Mean difference in brightness, 0 to 255: what is left to see without colours."""
    grey = (image.convert("LA").convert("RGBA").convert("L") for image in (one, other))
    return ImageStat.Stat(ImageChops.difference(*grey)).mean[0]


@pytest.mark.parametrize("size", [16, 22, 32, 64])
def test_the_icon_has_the_size_asked_for(size):
    icon = draw_icon(CertificateStatus.EXPIRED, 2, size=size)
    assert (icon.size, icon.mode) == ((size, size), "RGBA")
    assert icon.getpixel((size - 1, 0))[3] == 0


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(STATES, 2)))
def test_states_are_told_apart_without_colours(one, other):
    assert difference(draw_icon(one, 0, size=22), draw_icon(other, 0, size=22)) > 4


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations([*range(1, 10), 10], 2)))
def test_badges_are_told_apart_at_22_pixels(one, other):
    icons = [
        draw_icon(CertificateStatus.EXPIRED, count, size=22).crop(BADGE) for count in (one, other)
    ]
    assert difference(*icons) > 5


def test_nothing_to_do_has_no_badge():
    assert difference(draw_icon(None, 0), draw_icon(None, 1)) > 10


def test_more_than_nine_look_the_same():
    ten, many = (draw_icon(CertificateStatus.EXPIRED, count) for count in (10, 5000))
    assert ten.tobytes() == many.tobytes()
