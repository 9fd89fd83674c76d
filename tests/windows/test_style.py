from __future__ import annotations

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QCheckBox

from agent.windows import style
from agent.windows.main.tile import GROUNDS, ground_of
from agent.windows.style import DARK, LIGHT

AA = 4.5
"""WCAG 2.1, 1.4.3: contrast of text."""


def luminance(colour):
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_everything_it_stands_on(theme):
    c = theme._asdict()
    on = [(text, ground) for text in ("text", "muted", "bad", "warning", "good", "accent")
          for ground in ("window", "surface")]  # fmt: skip
    on += [("text", "raised"), ("on_accent", "accent"), ("on_banner", "banner"),
           ("bad", "bad_surface"), ("warning", "warning_surface"), ("good", "good_surface"),
           ("muted", "raised")]  # fmt: skip
    weak = {pair: contrast(c[pair[0]], c[pair[1]]) for pair in on}
    assert not {pair: found for pair, found in weak.items() if found < AA}


def test_the_letter_on_a_portal_s_tile_can_be_read():
    assert all(contrast("#ffffff", ground) >= AA for ground in GROUNDS)


def test_a_portal_keeps_its_colour():
    assert ground_of("住房公积金") == ground_of("住房公积金")
    assert {ground_of(f"{n}号应用") for n in range(50)} == set(GROUNDS)


@pytest.fixture(params=[LIGHT, DARK], ids=["light", "dark"])
def theme(request, qapp):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "colours", lambda: request.param)
        style.dress(qapp)
        yield request.param
    style.dress(qapp)


@pytest.mark.parametrize("is_enabled", [True, False])
def test_a_ticked_box_is_a_filled_one_with_a_tick_that_stands_out(theme, qtbot, is_enabled):
    box = QCheckBox()
    qtbot.addWidget(box)
    box.setEnabled(is_enabled)
    box.resize(20, 20)
    colours = {}
    for is_checked in (False, True):
        box.setChecked(is_checked)
        drawn = box.grab().toImage()
        spots = [drawn.pixelColor(x, y).name() for x in range(20) for y in range(20)]
        colours[is_checked] = {colour: spots.count(colour) for colour in set(spots)}
    ground = theme.accent if is_enabled else theme.muted
    assert colours[True].get(ground, 0) > 60 > colours[False].get(ground, 0)
    assert colours[True].get(theme.on_accent, 0) >= 4, "the tick's middle"
    assert contrast(ground, theme.on_accent) > 3, "WCAG 2.1, 1.4.11: parts of controls"


def test_lists_and_menus_are_written_as_large_as_all_else(qapp):
    """Windows has a smaller font for them, which an application's own does not replace."""
    small = QFont(qapp.font())
    small.setPointSizeF(6)
    kinds = ("QAbstractItemView", "QMenu", "QTipLabel")
    for kind in kinds:
        QApplication.setFont(small, kind)
    style.dress(qapp)
    sizes = {QApplication.font(kind).pointSizeF() for kind in kinds}
    assert sizes == {qapp.font().pointSizeF()}
