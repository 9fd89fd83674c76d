"""Dialogs of the system for choosing a file."""

from __future__ import annotations

from PySide6.QtWidgets import QFileDialog


def open_above(dialog: QFileDialog) -> None:
    """Open a dialog above the window it belongs to, which has the keyboard again afterwards.

    Windows' own dialog runs in a thread of its own; when it closes, the keyboard may be left to nobody.
    """
    parent = dialog.parentWidget()
    assert parent is not None, "it belongs to a window"
    window = parent.window()
    dialog.finished.connect(lambda _result: window.activateWindow())
    dialog.open()
