"""The order of the Tab key where parts of a window are made after what stands below them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def keep_last(window: QWidget, *widgets: QWidget) -> None:
    """Have the Tab key come to ``widgets``, in this order, after all else in ``window``."""
    for widget in widgets:
        end = window.previousInFocusChain()
        while end is not None and not end.focusPolicy() & Qt.FocusPolicy.TabFocus:
            end = end.previousInFocusChain() if end is not window else None
        if end is not None and end is not widget:
            QWidget.setTabOrder(end, widget)
