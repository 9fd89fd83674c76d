"""The documents to sign: dropped, pasted or chosen, each with its size, its SHA-256 and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.style import colours
from agent.windows.texts import isolated, set_tooltip
from agent.windows.words import Words

_HEADINGS = (mark("Document"), mark("Size"), mark("SHA-256"), mark("Signature"))
_DIGEST_DIGITS = 16
"""As many of the SHA-256 are shown; the tooltip has all."""


_TO_THE_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Column(IntEnum):
    """What a line shows."""

    NAME = 0
    SIZE = 1
    DIGEST = 2
    RESULT = 3


class Documents(QTreeWidget):
    """A line for each document; Delete takes one away."""

    changed = Signal()
    """There are others than before."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self.setRootIsDecorated(False)
        self.setAcceptDrops(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setColumnCount(len(_HEADINGS))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        words.show(self.setAccessibleName, mark("Documents"))
        words.changed.connect(self._name_columns)
        self.changed.connect(self._show_header)
        self.headerItem().setTextAlignment(Column.SIZE, _TO_THE_RIGHT)
        self._name_columns()
        self._show_header()

    @property
    def files(self) -> list[str]:
        """Their paths, in order."""
        return [self._file(number) for number in range(self.topLevelItemCount())]

    @property
    def unsigned(self) -> list[str]:
        """Those without a signature of today."""
        return [file for file in self.files if not self._item(file).data(Column.RESULT, _IS_SIGNED)]

    def add(self, files: Iterable[str]) -> None:
        """Take files, each once; folders are no documents."""
        known = set(self.files)
        for file in dict.fromkeys(files):
            path = Path(file)
            if file not in known and path.is_file():
                line = QTreeWidgetItem([isolated(path.name), _size(path.stat().st_size), "", ""])
                line.setData(Column.NAME, Qt.ItemDataRole.UserRole, file)
                line.setTextAlignment(Column.SIZE, _TO_THE_RIGHT)
                set_tooltip(line, file)
                self.addTopLevelItem(line)
        self.changed.emit()

    def remove_chosen(self) -> None:
        """Take away the lines that are marked."""
        for line in self.selectedItems():
            self.takeTopLevelItem(self.indexOfTopLevelItem(line))
        self.changed.emit()

    def show_read(self, file: str, document: Json) -> None:
        """Show what the agent read of a file: what would be signed."""
        line = self._item(file)
        line.setText(Column.SIZE, _size(document["size"]))
        line.setText(Column.DIGEST, f"{document['sha256'][:_DIGEST_DIGITS]}…")
        set_tooltip(line, f"{file}\nSHA-256 {document['sha256']}")

    def show_result(self, file: str, signed: Json) -> None:
        """Show what became of one file (SignedFile)."""
        line = self._item(file)
        error, shortfall = signed["error"], signed.get("shortfall")
        said = error or shortfall
        text = self._words.of_report(said)[0] if said else isolated(Path(signed["signature"]).name)
        line.setText(Column.RESULT, text)
        line.setData(Column.RESULT, _IS_SIGNED, error is None)
        tone = colours().good
        if said:
            tone = colours().bad if error else colours().warning
        line.setForeground(Column.RESULT, QBrush(QColor(tone)))
        self.scrollToItem(line)

    def paste(self) -> None:
        """Take the files that were copied elsewhere."""
        self.add(_files_in(QGuiApplication.clipboard().mimeData()))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Take away and paste as everywhere else."""
        if event.matches(QKeySequence.StandardKey.Delete):
            self.remove_chosen()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files of this computer."""
        if _files_in(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's name
        """Take them wherever they are held."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take what was dropped."""
        event.acceptProposedAction()
        self.add(_files_in(event.mimeData()))

    def _show_header(self) -> None:
        """Name the columns of what there is, and of nothing none."""
        self.setHeaderHidden(not self.topLevelItemCount())

    def _name_columns(self) -> None:
        self.setHeaderLabels([self._words(heading) for heading in _HEADINGS])

    def _line(self, number: int) -> QTreeWidgetItem:
        line = self.topLevelItem(number)
        assert line is not None
        return line

    def _file(self, number: int) -> str:
        return str(self._line(number).data(Column.NAME, Qt.ItemDataRole.UserRole))

    def _item(self, file: str) -> QTreeWidgetItem:
        return self._line(self.files.index(file))


_IS_SIGNED = Qt.ItemDataRole.UserRole


def _files_in(data: QMimeData) -> list[str]:
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def _size(size: float) -> str:
    """Return a size as file managers show it."""
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
