"""What a setting is changed with: one widget for each kind of value."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import Language, mark
from agent.windows.file_dialogs import open_above
from agent.windows.style import SMALL
from agent.windows.texts import ValueLabel
from agent.windows.words import Words

_LIST_HEIGHT = 84


class Editor(QWidget):
    """Shows a value and says when a person wants another one."""

    wanted = Signal(object)

    def show_value(self, value: Json) -> None:
        """Show what holds."""
        raise NotImplementedError

    def _holding(self, widget: QWidget) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(widget)
        self.setFocusProxy(widget)


class Switch(Editor):
    """Yes or no."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.box = QCheckBox()
        words.show(self.box.setText, mark("Yes"))
        self.box.clicked.connect(self.wanted.emit)
        self._holding(self.box)

    def show_value(self, value: Json) -> None:
        """Show what holds."""
        self.box.setChecked(bool(value))


class LanguageChoice(Editor):
    """The desktop's language, or one of ours: each in its own words."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.choice = QComboBox()
        self._values: tuple[str | None, ...] = (None, Language.ZH.value, Language.EN.value)
        self.choice.addItems(["", "简体中文", "English"])
        words.show(lambda text: self.choice.setItemText(0, text), mark("As on the desktop"))
        self.choice.activated.connect(lambda number: self.wanted.emit(self._values[number]))
        self._holding(self.choice)

    def show_value(self, value: Json) -> None:
        """Show what holds."""
        self.choice.setCurrentIndex(self._values.index(value))


class Text(Editor):
    """A text, taken when it is finished."""

    def __init__(self, hint: str = "") -> None:
        super().__init__()
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(hint)
        self.edit.editingFinished.connect(self._finish)
        self._shown = ""
        self._holding(self.edit)

    def show_value(self, value: Json) -> None:
        """Show what holds."""
        self._shown = self._text(value)
        self.edit.setText(self._shown)

    def _finish(self) -> None:
        if self.edit.text() != self._shown:
            self._shown = self.edit.text()
            self.wanted.emit(self._value(self._shown))

    def _text(self, value: Json) -> str:
        return str(value or "")

    def _value(self, text: str) -> Json:
        return text.strip()


class DayList(Text):
    """Days such as ``90, 60, 30``; what is no number goes to the agent as it is, which says so."""

    def _text(self, value: Json) -> str:
        return ", ".join(map(str, value))

    def _value(self, text: str) -> Json:
        parts = [
            part for part in text.replace("，", ",").replace("、", ",").split(",") if part.strip()
        ]
        return [int(part) if part.strip().isdecimal() else part.strip() for part in parts]


class ModuleFiles(Editor):
    """The PKCS#11 modules that are named; None where they are only looked for."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._modules: list[Json] = []
        self.list = QListWidget()
        self.list.setFixedHeight(_LIST_HEIGHT)
        words.show(self.list.setAccessibleName, mark("Token drivers"))
        self.add, self.remove = QPushButton(), QPushButton()
        words.show(self.add.setText, mark("Add …"))
        words.show(self.remove.setText, mark("Remove"))
        self.add.clicked.connect(self._ask)
        self.remove.clicked.connect(self._remove)
        self.list.currentRowChanged.connect(lambda row: self.remove.setEnabled(row >= 0))
        self.remove.setEnabled(False)
        buttons = QVBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self.add)
        buttons.addWidget(self.remove)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self.list, 1, Qt.AlignmentFlag.AlignTop)
        row.addLayout(buttons)
        row.setAlignment(buttons, Qt.AlignmentFlag.AlignTop)

    def show_value(self, value: Json) -> None:
        """Show what holds."""
        self._modules = list(value or ())
        self.list.clear()
        self.list.addItems([module["path"] for module in self._modules])

    def add_file(self, path: str) -> None:
        """Want one more module."""
        self.wanted.emit([*self._modules, {"path": path}])

    def _ask(self) -> None:
        dialog = QFileDialog(self, self._words(mark("Token drivers")))
        dialog.fileSelected.connect(self.add_file)
        open_above(dialog)

    def _remove(self) -> None:
        row = self.list.currentRow()
        self.wanted.emit([m for number, m in enumerate(self._modules) if number != row] or None)


class Shown(Editor):
    """What is only shown here, line by line; it is changed in the file."""

    def __init__(self, line: Callable[[Json], str]) -> None:
        super().__init__()
        self._line = line
        self.label = ValueLabel()
        self._holding(self.label)

    def show_value(self, value: Json) -> None:
        """Show what holds."""
        self.label.show_value("\n".join(map(self._line, value or ())) or "–")
