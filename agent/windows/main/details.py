"""详细信息: every field, extension and fingerprint of a certificate, to read and to copy."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.main.exporting import as_text
from agent.windows.style import LARGE, MEDIUM, SMALL
from agent.windows.words import Words


class DetailsDialog(QDialog):
    """A list of all there is, and below it the whole of the value that is chosen."""

    def __init__(self, parent: QWidget, words: Words, details: Json) -> None:
        super().__init__(parent)
        self._details = details
        self.list = QTreeWidget()
        self.value = QPlainTextEdit()
        self.copy = QPushButton()
        self.close_button = QPushButton()
        words.show(self.setWindowTitle, mark("Details"))
        words.show(self.copy.setText, mark("Copy all"))
        words.show(self.close_button.setText, mark("Close"))
        words.show(self.list.setAccessibleName, mark("Details"))
        words.show(self.value.setAccessibleName, mark("Value"))
        headings = (mark("Field"), mark("Value"))
        words.show(lambda text: self.list.headerItem().setText(0, text), headings[0])
        words.show(lambda text: self.list.headerItem().setText(1, text), headings[1])
        self._fill()
        self._arrange()

    def _fill(self) -> None:
        self.list.setColumnCount(2)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        for line in self._details["details"]:
            self.list.addTopLevelItem(
                QTreeWidgetItem([line["name"], line["value"].replace("\n", "; ")])
            )
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.list.currentItemChanged.connect(lambda *_: self._show_value())
        self.value.setReadOnly(True)
        self.copy.clicked.connect(self._copy)
        self.close_button.clicked.connect(self.close)
        self.list.setCurrentIndex(self.list.model().index(0, 0))

    def _arrange(self) -> None:
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self.list)
        parts.addWidget(self.value)
        parts.setStretchFactor(0, 3)
        parts.setStretchFactor(1, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addStretch(1)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(parts, 1)
        column.addLayout(buttons)
        self.resize(640, 520)

    def _show_value(self) -> None:
        number = self.list.currentIndex().row()
        if number >= 0:
            self.value.setPlainText(self._details["details"][number]["value"])

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(as_text(self._details))
