"""帮助: the documentation that came with the program; no network is needed."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QImage,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextDocument,
)
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
from agent.ground.language import Language, mark
from agent.windows.style import MEDIUM, SMALL
from agent.windows.texts import set_tooltip
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
        self.page = _Page()
        self._file: Path | None = None
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
        self.page.widened.connect(self._lay_out)
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
        self._file = file
        self.page.setSearchPaths([str(file.parent)])
        self._lay_out()
        self.headings.clear()
        block = self.page.document().begin()
        while block.isValid():
            if 2 <= block.blockFormat().headingLevel() <= 3:
                self.headings.addItem(_heading(block))
            block = block.next()
        self.page.moveCursor(QTextCursor.MoveOperation.Start)

    def _lay_out(self) -> None:
        """Lay the page out for its width; it stays where it was read."""
        if self._file is None:
            return
        bar = self.page.verticalScrollBar()
        place = bar.value() / (bar.maximum() or 1)
        features = QTextDocument.MarkdownFeature.MarkdownDialectGitHub
        self.page.document().setMarkdown(self._file.read_text("utf-8"), features)
        _wrap_commands(self.page.document())
        bar.setValue(round(place * bar.maximum()))

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


class _Page(QTextBrowser):
    """A page whose pictures are never wider than it is."""

    widened = Signal()
    """The width has changed, and for a moment not any more."""

    def __init__(self) -> None:
        super().__init__()
        # Always there: one that came with the text would leave less room than its pictures have.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._calm = QTimer(self, singleShot=True, interval=100)
        self._calm.timeout.connect(self.widened)

    def loadResource(self, kind: int, name: QUrl | str) -> object:  # noqa: N802 - Qt's name
        """Return a picture scaled down to the width there is, anything else as it is."""
        found = super().loadResource(kind, name)
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return found
        if (
            found is None
        ):  # an installation without pictures; an exception here would end the process
            return QImage()
        picture = QImage.fromData(found) if isinstance(found, QByteArray) else QImage(found)
        ratio = self.devicePixelRatioF()
        room = round((self.viewport().width() - 2 * self.document().documentMargin()) * ratio)
        if picture.width() > room > 0:
            picture = picture.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
            picture.setDevicePixelRatio(ratio)
        return picture

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Have the page laid out anew where its width has changed."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._calm.start()


def _wrap_commands(document: QTextDocument) -> None:
    """Let long commands wrap: a page is read down, not to the side."""
    cursor = QTextCursor(document)
    block = document.begin()
    while block.isValid():
        if (laid := block.blockFormat()).nonBreakableLines():
            laid.setNonBreakableLines(False)
            cursor.setPosition(block.position())
            cursor.setBlockFormat(laid)
        block = block.next()


def _heading(block: QTextBlock) -> QListWidgetItem:
    indent = _LEVEL_INDENT * (block.blockFormat().headingLevel() - 2)
    item = QListWidgetItem(f"{indent}{block.text()}")
    set_tooltip(item, block.text())
    item.setData(Qt.ItemDataRole.UserRole, block.position())
    return item
