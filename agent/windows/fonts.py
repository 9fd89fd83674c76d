"""Whether Chinese can be drawn here: where no font has its characters, a window would be all boxes."""

from __future__ import annotations

from PySide6.QtGui import QFontMetrics, QGuiApplication

from agent.ground.language import Language, mark

NO_CHINESE_FONT = mark(
    "No font on this computer has Chinese characters, so this window is in English."
)


def readable(language: Language) -> Language:
    """Return ``language``, or English where the screen could only show boxes in its place."""
    if language is Language.EN or QFontMetrics(QGuiApplication.font()).inFontUcs4(ord("证")):
        return language
    return Language.EN
