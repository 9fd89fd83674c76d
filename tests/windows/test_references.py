"""Qt's calls leave Python's references alone: a window may be open for weeks."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

CALLS = 2000
FEW = CALLS // 10
"""What else comes and goes meanwhile."""


class _Telling(QObject):
    told = Signal(int)


class _Resized(QWidget):
    def resizeEvent(self, event):  # noqa: N802 - Qt's name
        super().resizeEvent(event)


def _telling():
    telling = _Telling()
    telling.told.connect(lambda _number: None)

    def tell(number):
        telling.told.emit(number)

    return tell


def _resized():
    widget = _Resized()
    widget.show()
    return lambda number: widget.resize(100 + number % 50, 80)


def _set():
    label, button = QLabel(), QPushButton()

    def change(number):
        label.setText(str(number))
        button.setEnabled(bool(number % 2))

    return change


def _timed():
    timer = QTimer()
    return timer.start


@pytest.mark.parametrize("prepare", [_telling, _resized, _set, _timed])
def test_none_keeps_its_references(qtbot, prepare):
    """Before Python 3.12 a process whose None has none left ends at once."""
    call = prepare()
    call(0)
    before = sys.getrefcount(None)
    for number in range(CALLS):
        call(number)
    assert abs(sys.getrefcount(None) - before) < FEW
