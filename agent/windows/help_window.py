"""帮助: the documentation that came with the program; no network is needed."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QTextBlock, QTextCursor, QTextDocument
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

import agent
from agent.language import Language, mark
from agent.windows.style import MEDIUM, SMALL
from agent.windows.window import Context, Window

_PAGES = {Language.ZH: "users.zh-CN.md", Language.EN: "users.md"}
_FOLDERS = (
    Path(agent.__file__).parents[1] / "docs",
    Path(sys.prefix) / "share/doc/odc-agent",
    Path("/usr/share/doc/odc-agent"),
)
_LEVEL_INDENT = "    "


def docs_folder() -> Path | None:
    """Return where the documentation is; None where it was not installed."""
    return next((folder for folder in _FOLDERS if (folder / _PAGES[Language.EN]).is_file()), None)


class HelpWindow(Window):
    """The page for users with its headings beside it, and a field to search it."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self.search = QLineEdit()
        self.headings = QListWidget()
        self.page = QTextBrowser()
        self._set_up()
        self.refresh()

    def refresh(self) -> None:
        """Show the page in the window's language."""
        folder = docs_folder()
        if folder is None:
            self.page.setPlainText(self.words(mark("The documentation is not installed.")))
            return
        self._read(folder / _PAGES[self.words.language])

    def _set_up(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("Help"))
        words.show(self.search.setPlaceholderText, mark("Search"))
        words.show(self.search.setAccessibleName, mark("Search"))
        words.show(self.headings.setAccessibleName, mark("Contents"))
        words.show(self.page.setAccessibleName, mark("Help"))
        self.search.setClearButtonEnabled(True)
        self.search.returnPressed.connect(self._find)
        self.headings.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.headings.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.headings.currentItemChanged.connect(lambda item, _before: self._go_to(item))
        self.page.setOpenLinks(False)
        self.page.anchorClicked.connect(self._follow)
        self.page.document().setDocumentMargin(MEDIUM)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.search)
        column.addWidget(self.headings, 1)
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(MEDIUM)
        parts.addWidget(left)
        parts.addWidget(self.page)
        parts.setSizes([230, 590])
        row = QHBoxLayout()
        row.addWidget(parts)
        self.content.addLayout(row, 1)
        self.fit(860, 640)

    def _read(self, file: Path) -> None:
        self.page.setSearchPaths([str(file.parent)])
        features = QTextDocument.MarkdownFeature.MarkdownDialectGitHub
        self.page.document().setMarkdown(file.read_text("utf-8"), features)
        self.headings.clear()
        block = self.page.document().begin()
        while block.isValid():
            if 2 <= block.blockFormat().headingLevel() <= 3:
                self.headings.addItem(_heading(block))
            block = block.next()
        self.page.moveCursor(QTextCursor.MoveOperation.Start)

    def _go_to(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        # From the end back, so that the heading comes to the top.
        self.page.moveCursor(QTextCursor.MoveOperation.End)
        cursor = self.page.textCursor()
        cursor.setPosition(item.data(Qt.ItemDataRole.UserRole))
        self.page.setTextCursor(cursor)
        self.page.ensureCursorVisible()

    def _find(self) -> None:
        """Go to the next place where the text stands, from the start again after the last."""
        if not self.page.find(self.search.text()):
            self.page.moveCursor(QTextCursor.MoveOperation.Start)
            self.page.find(self.search.text())

    def _follow(self, link: QUrl) -> None:
        """Open another page of the documentation here, anything else where the desktop does."""
        folder = docs_folder()
        file = folder / link.path() if folder and link.isRelative() else None
        if file is not None and file.suffix == ".md" and file.is_file():
            self._read(file)
        elif link.scheme() in ("https", "http"):
            QDesktopServices.openUrl(link)


def _heading(block: QTextBlock) -> QListWidgetItem:
    indent = _LEVEL_INDENT * (block.blockFormat().headingLevel() - 2)
    item = QListWidgetItem(f"{indent}{block.text()}")
    item.setToolTip(block.text())
    item.setData(Qt.ItemDataRole.UserRole, block.position())
    return item
