"""Looking at a document that a site wants signed: its pages as pictures, or its text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.file_dialogs import open_above
from agent.windows.picture_view import PictureView
from agent.windows.style import MEDIUM, SMALL, set_kind
from agent.windows.texts import ValueLabel, isolated
from agent.windows.visible import visible
from agent.windows.window import Context

_CUT = mark("This is the beginning of a longer text. Save it to read all of it.")
_KEPT = mark("Saved. Look at it with its own program before you sign it.")


class DocumentDialog(QDialog):
    """One document of a question; nothing is decided here."""

    def __init__(
        self, context: Context, question: str, number: int, name: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._link, self._words = context.link, context.words
        self._params: dict[str, Json] = {"id": question, "number": number}
        self._name = name
        self.view = PictureView()
        self.text = QPlainTextEdit()
        self.said = ValueLabel()
        self.progress = QProgressBar()
        self.page = QSpinBox()
        self.larger, self.smaller, self.keep = QPushButton("+"), QPushButton("−"), QPushButton()
        self._set_up()
        self._arrange()
        self._look()

    def _set_up(self) -> None:
        words = self._words
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(isolated(visible(self._name)))
        self.text.setReadOnly(True)
        self.text.setAccessibleName(words(mark("Text to be signed")))
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.page.setPrefix(f"{words(mark('Page'))} ")
        self.page.setAccessibleName(words(mark("Page")))
        self.larger.setAccessibleName(words(mark("Larger")))
        self.smaller.setAccessibleName(words(mark("Smaller")))
        self.keep.setText(words(mark("Save a copy…")))
        set_kind(self.said, "muted")
        self.page.valueChanged.connect(lambda _page: self._look())
        self.larger.clicked.connect(self.view.enlarge)
        self.smaller.clicked.connect(self.view.reduce)
        self.keep.clicked.connect(self._ask_where)
        QShortcut(QKeySequence.StandardKey.ZoomIn, self, self.view.enlarge)
        QShortcut(QKeySequence.StandardKey.ZoomOut, self, self.view.reduce)

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        for control in (self.page, self.smaller, self.larger):
            buttons.addWidget(control)
            control.hide()
        buttons.addStretch(1)
        buttons.addWidget(self.keep)
        for button in (self.larger, self.smaller, self.keep):
            button.setAutoDefault(False)
        column = QVBoxLayout(self)
        column.setSpacing(MEDIUM)
        for shown in (self.view, self.text):
            column.addWidget(shown, 1)
            shown.hide()
        column.addWidget(self.progress)
        column.addWidget(self.said)
        column.addLayout(buttons)
        room = self.screen().availableGeometry()
        self.resize(min(720, room.width()), min(820, room.height() - 40))

    def _look(self) -> None:
        self.progress.show()
        self.said.show_value("")
        params = {**self._params, "page": self.page.value() or 1}
        self._link.call("consent.look", params, self._show, self._refuse)

    def _show(self, looked: Json) -> None:
        self.progress.hide()
        is_picture = bool(looked["picture"])
        self.view.setVisible(is_picture)
        self.text.setVisible(not is_picture)
        for button in (self.larger, self.smaller):
            button.setVisible(is_picture)
        self.page.blockSignals(True)
        self.page.setRange(1, looked["pages"])
        self.page.blockSignals(False)
        self.page.setSuffix(f" / {looked['pages']}")
        self.page.setVisible(looked["pages"] > 1)
        if is_picture:
            self.view.show_picture(looked["picture"])
            return
        self.text.setPlainText(visible(looked["text"]))
        self.said.show_value(self._words(_CUT) if looked["is_cut"] else "")

    def _refuse(self, report: Json) -> None:
        self.progress.hide()
        self.said.show_value("\n".join(filter(None, self._words.of_report(report))))

    def _ask_where(self) -> None:
        name = self._name.replace("/", "_").replace("\\", "_")
        dialog = QFileDialog(self, self.keep.text().rstrip("…"), name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.save_to)
        open_above(dialog)

    def save_to(self, file: str) -> None:
        """Have the agent write a copy; what is there is not overwritten."""
        params = {**self._params, "file": file}
        kept = self._words(_KEPT)
        self._link.call("consent.keep", params, lambda _: self.said.show_value(kept), self._refuse)
