"""A field for a PIN: shown only while a button is held, with warnings against mistyping."""

from __future__ import annotations

import functools

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from agent.ground.language import mark
from agent.tokens.pin import wipe
from agent.windows.style import SMALL, TIGHT, set_kind
from agent.windows.texts import Label, set_tooltip
from agent.windows.words import Words

LONGEST = 255
_HINTS = (
    Qt.InputMethodHint.ImhHiddenText
    | Qt.InputMethodHint.ImhSensitiveData
    | Qt.InputMethodHint.ImhNoAutoUppercase
    | Qt.InputMethodHint.ImhNoPredictiveText
    | Qt.InputMethodHint.ImhLatinOnly
)
_CAPS_LOCK = mark("Caps Lock is on.")
_UNUSUAL = mark("The PIN has unusual characters or spaces in it. Is an input method switched on?")


class PinField(QWidget):
    """A named field whose text leaves it as bytes that can be wiped."""

    changed = Signal()
    submitted = Signal()
    """Enter was pressed."""

    def __init__(self, words: Words, name: str) -> None:
        """Make a field that is called ``name``, a marked sentence."""
        super().__init__()
        self._words = words
        self._has_caps_lock = False
        self._label = Label()
        self.edit = QLineEdit()
        self._show = QPushButton()
        self._warning = Label()
        self._set_up(name)
        self._arrange()

    def take(self) -> bytearray:
        """Return what was typed and empty the field. Who takes it wipes it."""
        pin = self.peek()
        self.clear()
        return pin

    def peek(self) -> bytearray:
        """Return what is typed so far. Who takes it wipes it."""
        return bytearray(self.edit.text().encode())

    def clear(self) -> None:
        """Empty the field; nothing can bring its text back."""
        self.edit.clear()
        self.edit.setModified(False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is typed."""
        return not self.edit.text()

    @property
    def warning(self) -> str:
        """What it warns of now."""
        return self._warning.text()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Look at keys for Caps Lock, which Qt has no other word of."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            self._see_key(event)
        return super().eventFilter(watched, event)

    def _set_up(self, name: str) -> None:
        self.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.edit.setMaxLength(LONGEST)
        self.edit.setInputMethodHints(_HINTS)
        self.edit.installEventFilter(self)
        self.edit.textChanged.connect(self._on_change)
        self.edit.returnPressed.connect(self.submitted)
        self._label.setBuddy(self.edit)
        self._show.setAutoDefault(False)
        self._show.pressed.connect(lambda: self.edit.setEchoMode(QLineEdit.EchoMode.Normal))
        self._show.released.connect(lambda: self.edit.setEchoMode(QLineEdit.EchoMode.Password))
        self._warning.setWordWrap(True)
        set_kind(self._warning, "warning")
        self._words.show(self._label.setText, name)
        self._words.show(self.edit.setAccessibleName, name)
        self._words.show(self._show.setText, mark("Reveal"))
        about = functools.partial(set_tooltip, self._show)
        self._words.show(about, mark("Shows the PIN while it is held down"))
        self._words.changed.connect(self._warn)

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self.edit, 1)
        row.addWidget(self._show)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(self._label)
        column.addLayout(row)
        column.addWidget(self._warning)
        self._warning.hide()
        self.setFocusProxy(self.edit)

    def _see_key(self, event: QKeyEvent) -> None:
        """Know Caps Lock by a letter that has another case than the Shift key says."""
        text = event.text()
        if event.key() == Qt.Key.Key_CapsLock:
            self._has_caps_lock = not self._has_caps_lock
        elif text.isascii() and text.isalpha():
            is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._has_caps_lock = text.isupper() != is_shifted
        self._warn()

    def _on_change(self) -> None:
        self._warn()
        self.changed.emit()

    def _warn(self) -> None:
        pin = self.peek()
        is_usual = all(0x21 <= byte <= 0x7E for byte in pin)
        wipe(pin)
        found = [
            *([] if is_usual else [self._words(_UNUSUAL)]),
            *([self._words(_CAPS_LOCK)] if self._has_caps_lock else []),
        ]
        self._warning.setText(" ".join(found))
        self._warning.setVisible(bool(found))
