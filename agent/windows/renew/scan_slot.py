"""One document of the dossier: where its scan is dropped, pasted or chosen, and how it looks."""

from __future__ import annotations

import base64
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPixmap,
)
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from agent.api.client import Json
from agent.ground.language import look_up, mark
from agent.renewals.authorities.ra_protocol import DocumentName
from agent.renewals.dossier.findings import DOCUMENT_NAMES
from agent.windows.file_dialogs import open_above
from agent.windows.renew.clipboard import Given, given_by, is_usable
from agent.windows.renew.labels import isolated, make_label, say
from agent.windows.style import MEDIUM, SMALL, TIGHT, set_kind
from agent.windows.texts import Label
from agent.windows.words import Words

THUMBNAIL = 104
"""Device-independent pixels of the longer side."""
_FILTER = "*.jpg *.jpeg *.png *.gif *.bmp *.tif *.tiff *.webp *.pdf"


class ScanSlot(QFrame):
    """Takes a file for one document and shows what the agent says of it."""

    given = Signal(Given)
    removed = Signal()
    looked_at = Signal()

    def __init__(self, words: Words, name: DocumentName) -> None:
        super().__init__()
        self._words = words
        self._name = name
        self._scan: Json | None = None
        self._is_required = False
        self.title = make_label("heading")
        self.picture = Label()
        self.facts = make_label("muted")
        self.finding = make_label("bad")
        self.remark = make_label("warning")
        self.choose, self.paste = QPushButton(), QPushButton()
        self.look, self.remove = QPushButton(), QPushButton()
        self._is_waiting = False
        self._set_up()
        self._arrange()

    def show_scan(self, scan: Json | None, *, is_required: bool, remark: str) -> None:
        """Show what there is for the document; None for nothing yet."""
        self._scan, self._is_required = scan, is_required
        say(self.remark, f"※ {remark}" if remark else "")
        self._allow(is_waiting=False)
        self._say()

    def show_finding(self, text: str) -> None:
        """Say why a file was not taken, or that one is needed."""
        self._allow(is_waiting=False)
        say(self.finding, text, "bad")

    def wait(self) -> None:
        """Take nothing while the agent looks into a file."""
        self._allow(is_waiting=True)
        say(self.finding, self._words(mark("The file is looked into …")), "muted")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files and pictures."""
        if is_usable(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Take what was dropped."""
        event.acceptProposedAction()
        self._take(given_by(event.mimeData()))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Paste as everywhere else."""
        if event.matches(QKeySequence.StandardKey.Paste):
            self._paste()
        else:
            super().keyPressEvent(event)

    def _set_up(self) -> None:
        words = self._words
        set_kind(self, "card")
        self.setAcceptDrops(True)
        self.setFocusProxy(self.choose)
        self.picture.setFixedSize(THUMBNAIL, THUMBNAIL)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setWordWrap(True)
        words.show(self.choose.setText, mark("Choose a file…"))
        words.show(self.paste.setText, mark("Paste"))
        words.show(self.remove.setText, mark("Remove"))
        self.choose.clicked.connect(self._choose)
        self.paste.clicked.connect(self._paste)
        self.look.clicked.connect(self.looked_at)
        self.remove.clicked.connect(self.removed)
        words.changed.connect(self._say)
        for button in (self.choose, self.paste, self.look, self.remove):
            button.setAutoDefault(False)
        self._say()

    def _say(self) -> None:
        words, scan = self._words, self._scan
        name = look_up(DOCUMENT_NAMES[self._name], words.language)
        self.title.setText(f"{name[:1].upper()}{name[1:]}{' *' if self._is_required else ''}")
        self._show_picture()
        is_new = bool(scan and scan["can_be_converted"])
        faults = scan["faults"] if scan else []
        say(self.finding, "\n".join(fault["text"] for fault in faults),
            "bad" if scan and not scan["is_taken"] else "warning")  # fmt: skip
        say(self.facts, _about(words, scan))
        self.look.setText(words(mark("Convert…") if faults else mark("View…")))
        self.look.setVisible(scan is not None)
        self.remove.setVisible(is_new)
        for button in (self.choose, self.paste, self.look, self.remove):
            button.setAccessibleName(f"{name}: {button.text()}")

    def _show_picture(self) -> None:
        picture = QPixmap()
        if self._scan is not None and picture.loadFromData(
            base64.b64decode(self._scan["thumbnail"])
        ):
            ratio = self.devicePixelRatioF()
            side = round(THUMBNAIL * ratio)
            picture = picture.scaled(
                side, side,
                Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation,
            )  # fmt: skip
            picture.setDevicePixelRatio(ratio)
            self.picture.setPixmap(picture)
            set_kind(self.picture, "")
            return
        self.picture.setText(self._words(mark("Drop a file here")))
        set_kind(self.picture, "muted")

    def _allow(self, *, is_waiting: bool) -> None:
        # What has the keyboard stays enabled: Qt would hand it to the next document.
        self._is_waiting = is_waiting
        focused = self.window().focusWidget()
        for button in (self.choose, self.paste, self.look, self.remove):
            button.setEnabled(not is_waiting or button is focused)
        self.setAcceptDrops(not is_waiting)

    def _choose(self) -> None:
        if self._is_waiting:
            return
        dialog = QFileDialog(self, self.title.text().removesuffix(" *"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        pictures, everything = mark("Scans ({names})"), mark("All files ({names})")
        dialog.setNameFilters(
            [self._words(pictures, names=_FILTER), self._words(everything, names="*")]
        )
        dialog.fileSelected.connect(lambda path: self._take(Given(path=path)))
        open_above(dialog)

    def _paste(self) -> None:
        if self._is_waiting:
            return
        found = given_by(QGuiApplication.clipboard().mimeData())
        if found is None:
            nothing = mark("The clipboard holds neither a file nor a picture.")
            self.show_finding(self._words(nothing))
        self._take(found)

    def _take(self, found: Given | None) -> None:
        if found is not None:
            self.wait()
            self.given.emit(found)

    def _arrange(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(TIGHT)
        for label in (self.facts, self.finding, self.remark):
            words.addWidget(label)
        words.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(SMALL)
        middle.addWidget(self.picture)
        middle.addLayout(words, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(TIGHT)
        for button in (self.choose, self.paste, self.look, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        column.setSpacing(SMALL)
        column.addWidget(self.title)
        column.addLayout(middle)
        column.addLayout(buttons)


def _about(words: Words, scan: Json | None) -> str:
    if scan is None:
        return ""
    if not scan["can_be_converted"]:
        return words(mark("As it was submitted"))
    lines = [isolated(scan["file"]), scan["facts_text"]]
    if scan["is_converted"]:
        lines.append(words(mark("converted")))
    return "\n".join(lines)
