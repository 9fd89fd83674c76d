from __future__ import annotations

import pytest

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
