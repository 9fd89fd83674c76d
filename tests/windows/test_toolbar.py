"""The toolbar's words are whole, or they are not there."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from agent.ground.language import Language
from agent.windows.main.toolbar import Toolbar
from agent.windows.words import Words


@pytest.mark.parametrize("language", Language)
def test_words_are_shown_whole_or_not_at_all(qtbot, language):
    bar = Toolbar(Words(language))
    qtbot.addWidget(bar)
    bar.show()
    seen = set()
    for width in range(bar.minimumSizeHint().width(), 1300, 3):
        bar.resize(width, 80)
        bar.layout().activate()
        for button in bar.buttons.values():
            seen.add(button.toolButtonStyle())
            assert button.width() >= button.sizeHint().width(), (width, button.text())
    assert seen == {
        Qt.ToolButtonStyle.ToolButtonTextUnderIcon, Qt.ToolButtonStyle.ToolButtonIconOnly,
    }  # fmt: skip


@pytest.mark.parametrize("language", Language)
def test_the_main_window_shows_them_as_it_opens(qtbot, language):
    bar = Toolbar(Words(language))
    qtbot.addWidget(bar)
    bar.resize(980, 80)
    bar.show()
    styles = {button.toolButtonStyle() for button in bar.buttons.values()}
    assert styles == {Qt.ToolButtonStyle.ToolButtonTextUnderIcon}
