"""What the tray icon's texts become on Windows, whose limits count UTF-16 units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.desktop.pystray_windows import (
    TOOLTIP,
    as_balloon,
    as_menu_line,
    as_tooltip,
    fitting,
    menu_text,
)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 300))
def test_a_text_never_takes_more_than_there_is_room_for(text, units):
    said = fitting(text, units)
    assert len(said.encode("utf-16-le")) // 2 <= units
    assert said == text or (said.endswith("…") and text.startswith(said[:-1]))


def test_a_character_of_two_units_is_not_cut_in_half():
    assert fitting("𠮷𠮷𠮷", 5) == "𠮷𠮷…"
    assert fitting("𠮷𠮷𠮷", 6) == "𠮷𠮷𠮷"


def test_a_menu_says_what_a_company_is_called():
    assert menu_text("样例 A&B\t有限公司") == "样例 A&&B 有限公司"


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_only_windows_has_these_limits(monkeypatch, platform):
    monkeypatch.setattr("sys.platform", platform)
    is_windows = platform == "win32"
    long = "样" * 400
    assert (as_tooltip(long) == long) is not is_windows
    assert as_balloon(long, long) == (
        (long, long) if not is_windows else (fitting(long, 63), fitting(long, 255))
    )
    assert as_menu_line("A&B") == ("A&&B" if is_windows else "A&B")
    assert len(as_tooltip(long)) == (TOOLTIP if is_windows else 400)
