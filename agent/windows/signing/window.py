"""签署文件: which documents, with which certificate, the PIN, and where the signatures are."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.file_dialogs import open_above
from agent.windows.pin_asking import PinAsking
from agent.windows.pin_panel import PinPanel
from agent.windows.scrolling import scrolled
from agent.windows.signing.documents import Documents
from agent.windows.signing.stamp_dialog import StampDialog
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.texts import Label, ValueLabel, day
from agent.windows.window import Context, Window

_NOTE = mark(
    "A document stays as it is: its signature is a file beside it (.p7s), and both are sent together; a PDF"
    " can be signed inside, in a new file. A signature binds the organisation: look at a document before you"
    " sign it."
)
_HINT = mark("Drop documents here, paste them, or choose them.")
_NO_CERTIFICATE = mark("No token with a signing certificate is plugged in.")

_LEAST_ROOM = 110
"""Pixels for the list: its heading and two documents."""


class SignWindow(Window):
    """Signs documents. The PIN is asked for once they were read, so that what is shown is what is signed."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._context = context
        self._asking: PinAsking | None = None
        self._signing: Json = None
        """SigningView of what the PIN is asked for, or entered."""
        self._files: list[str] = []
        """What it is about, in the same order."""
        self.documents = Documents(self.words)
        self.hint = Label()
        self.certificate = QComboBox()
        self.no_certificate = ValueLabel()
        self.panel = PinPanel(self.words, mark("Enter the PIN to sign these documents"))
        self.panel_card = QFrame()
        self.progress = QProgressBar()
        self.inside = QCheckBox()
        self.stamp = QPushButton()
        self._can_inside = False
        self._stamp: Json = None
        """StampParams of what is to be seen of signatures in PDFs."""
        self.choose, self.remove = QPushButton(), QPushButton()
        self.sign, self.stop = QPushButton(), QPushButton()
        self._set_up()
        self._arrange()
        self.refresh()

    def refresh(self) -> None:
        """Ask which certificates there are."""
        self.link.call("tokens.list", None, self._on_tokens)
        self.link.call("signing.ways", None, self._on_ways)

    def show_subject(self, subject: str) -> None:
        """Choose the certificate the window was opened for."""
        super().show_subject(subject)
        self.refresh()

    def on_event(self, event: Json) -> None:
        """Follow the tokens, and what is signed."""
        if event["event"] in ("token_inserted", "token_removed", "tokens_changed"):
            self.refresh()
        elif self._signing is not None and event.get("id") == self._signing["id"]:
            self._follow(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Let the worker go; what is being signed stops, since nobody sees it any more."""
        self._let_go()
        super().closeEvent(event)

    def _set_up(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("Sign documents"))
        words.show(self.hint.setText, _HINT)
        words.show(self.certificate.setAccessibleName, mark("Certificate"))
        words.show(self.inside.setText, mark("Sign PDFs inside, in a new file (…-signed.pdf)"))
        words.show(self.stamp.setText, mark("Stamp…"))
        self.inside.toggled.connect(lambda _on: self._allow())
        self.stamp.clicked.connect(self._ask_for_stamp)
        words.show(self.choose.setText, mark("Choose documents…"))
        words.show(self.remove.setText, mark("Remove"))
        words.show(self.sign.setText, mark("Sign"))
        words.show(self.stop.setText, mark("Stop"))
        words.show(self.progress.setAccessibleName, mark("Sign documents"))
        self.choose.setShortcut(QKeySequence.StandardKey.Open)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setParent(self.documents.viewport())
        set_kind(self.hint, "muted")
        set_kind(self.no_certificate, "warning")
        set_kind(self.sign, "primary")
        set_kind(self.panel_card, "card")
        self.documents.changed.connect(self._allow)
        self.documents.itemSelectionChanged.connect(self._allow)
        self.choose.clicked.connect(self._choose)
        self.remove.clicked.connect(self.documents.remove_chosen)
        self.sign.clicked.connect(self._begin)
        self.stop.clicked.connect(self._stop)
        self.panel.cancelled.connect(self._end)
        self.panel.failed.connect(self._on_failed)
        self.panel.done.connect(self._on_pin_taken)

    def _arrange(self) -> None:
        note = ValueLabel()
        set_kind(note, "muted")
        self.words.show(note.show_value, _NOTE)
        inside = QVBoxLayout(self.panel_card)
        inside.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        inside.addWidget(self.panel)
        overlay = QVBoxLayout(self.documents.viewport())
        overlay.addWidget(self.hint)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        for button in (self.choose, self.remove):
            buttons.addWidget(button)
        buttons.addWidget(self.progress, 1)
        buttons.addStretch(0)
        for button in (self.stop, self.sign):
            buttons.addWidget(button)
        self.documents.setMinimumHeight(_LEAST_ROOM)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        for widget in (self.certificate, self.no_certificate):
            column.addWidget(widget)
        pdfs = QHBoxLayout()
        pdfs.setSpacing(SMALL)
        pdfs.addWidget(self.inside, 1)
        pdfs.addWidget(self.stamp)
        column.addWidget(self.documents, 1)
        column.addLayout(pdfs)
        column.addWidget(note)
        self.content.addWidget(scrolled(whole), 1)
        self.content.addWidget(self.panel_card)
        self.content.addLayout(buttons)
        for before, after in pairwise((self.documents, self.inside, self.stamp, self.choose)):
            self.setTabOrder(before, after)
        self.fit(760, 580)
        self._end()

    def _on_tokens(self, listed: Json) -> None:
        chosen = self.certificate.currentData() or self.subject
        self.certificate.clear()
        for token in listed["tokens"]:
            for each in token["certificates"]:
                if each["use"] == "signing" and each["is_current"]:
                    self.certificate.addItem(self._named(token, each), each["thumbprint"])
        at = self.certificate.findData(chosen)
        self.certificate.setCurrentIndex(max(at, 0) if self.certificate.count() else -1)
        has_one = self.certificate.count() > 0
        self.certificate.setVisible(has_one)
        self.certificate.setEnabled(self.certificate.count() > 1)
        self.no_certificate.show_value("" if has_one else self.words(_NO_CERTIFICATE))
        self.no_certificate.setVisible(not has_one)
        self._allow()

    def _named(self, token: Json, certificate: Json) -> str:
        named = mark("{organisation}  ·  until {day}  ·  {token}")
        whose = certificate["organisation"] or certificate["subject"]
        until = day(certificate["not_after"])
        return self.words(named, organisation=whose, day=until, token=token["label"])

    def _choose(self) -> None:
        dialog = QFileDialog(self, self.choose.text().rstrip("…"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self.documents.add)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        open_above(dialog)

    def _begin(self) -> None:
        """Have the documents read, and ask for the PIN."""
        self._let_go()
        self.banner.hush()
        self._files = self.documents.unsigned
        params = {"thumbprint": self.certificate.currentData(), "files": self._files}
        if self.inside.isChecked() and self._pdfs:
            params["pdf"] = {"stamp": self._stamp}
        self._asking = PinAsking(self.link, "signing.sign", params, prompt_in=self._take)
        self.panel_card.show()
        self._allow()
        self.panel.begin(self._asking)

    @property
    def _pdfs(self) -> list[str]:
        return [file for file in self.documents.unsigned if file.lower().endswith(".pdf")]

    def _on_ways(self, ways: Json) -> None:
        """Sign PDFs inside where that can be done, unless somebody wants it otherwise."""
        if self._can_inside != ways["inside"]:
            self._can_inside = ways["inside"]
            self.inside.setChecked(self._can_inside)
        self._allow()

    def _ask_for_stamp(self) -> None:
        dialog = StampDialog(self._context, self._pdfs[0], self)
        dialog.chosen.connect(self._take_stamp)
        dialog.open()

    def _take_stamp(self, stamp: Json) -> None:
        self._stamp = stamp
        self._allow()

    def _take(self, signing: Json) -> Json:
        """Show what was read, and return the PinPrompt of it."""
        if self._asking is None:  # declined meanwhile
            return signing["pin"]
        self._signing = signing
        self.progress.setRange(0, len(signing["documents"]))
        self.progress.setValue(0)
        for file, document in zip(self._files, signing["documents"], strict=True):
            self.documents.show_read(file, document)
        return signing["pin"]

    def _on_failed(self, report: Json) -> None:
        # The panel says so first, and then asks once more where that makes sense.
        QTimer.singleShot(0, self, lambda: self._end_unless_asked_again(report))

    def _end_unless_asked_again(self, report: Json) -> None:
        if self.panel.field.isHidden() and self.panel.progress.isHidden():
            self._end()
            self.say_refusal(report)

    def _on_pin_taken(self, _result: Json) -> None:
        if self._signing is None:  # all was signed before this was heard
            return
        self.panel_card.hide()
        self.progress.show()
        self.stop.show()
        self._allow()

    def _follow(self, event: Json) -> None:
        if event["event"] == "document_signed":
            self.documents.show_result(self._files[event["number"] - 1], event["file"])
            self.progress.setValue(event["number"])
        elif not event["error"]:
            self._say_done(event["files"])
            self._end()
        elif self.panel_card.isHidden():  # else the panel has said so
            self._end()
            self.say_refusal(event["error"])

    def _say_done(self, files: Json) -> None:
        signed = [file for file in files if not file["error"]]
        if len(signed) < len(files):
            some = mark(
                "{count} of {all} documents are signed; the list says why the others are not."
            )
            text = self.words(some, count=len(signed), all=len(files))
            self.banner.say(text, "bad")
            return
        text = self.words.counted(
            "{count} document is signed.", "{count} documents are signed.", len(signed)
        )
        folder = QUrl.fromLocalFile(str(Path(signed[0]["signature"]).parent))
        opened = self.words(mark("Open the folder"))
        self.banner.offer(text, opened, lambda: QDesktopServices.openUrl(folder))

    def _stop(self) -> None:
        """Sign no further document; the agent tells what was."""
        self.stop.setEnabled(False)
        self.link.call("signing.stop", {"id": self._signing["id"]})

    def _let_go(self) -> None:
        if self._asking is not None:
            self._asking.decline()
            self._asking = None
        self.panel.idle.stop()
        self.panel.field.clear()

    def _end(self) -> None:
        """Show the documents alone: nothing is asked for or under way."""
        self._let_go()
        self._signing = None
        self.panel_card.hide()
        self.progress.hide()
        self.stop.hide()
        self.stop.setEnabled(True)
        self._allow()

    def _allow(self) -> None:
        is_idle = self.panel_card.isHidden() and self.progress.isHidden()
        self.documents.setEnabled(is_idle)
        self.documents.setAcceptDrops(is_idle)
        self.hint.setVisible(not self.documents.files)
        has_pdfs = bool(self._pdfs)
        self.inside.setVisible(has_pdfs)
        self.stamp.setVisible(has_pdfs)
        self.inside.setEnabled(is_idle and self._can_inside)
        self.stamp.setEnabled(is_idle and self.inside.isChecked())
        self.certificate.setEnabled(is_idle and self.certificate.count() > 1)
        is_asking = self.panel_card.isVisibleTo(self)
        self.choose.setVisible(not is_asking)
        self.remove.setVisible(not is_asking)
        self.choose.setEnabled(is_idle)
        self.remove.setEnabled(is_idle and bool(self.documents.selectedItems()))
        self.sign.setVisible(is_idle)
        has_certificate = self.certificate.count() > 0
        self.sign.setEnabled(is_idle and has_certificate and bool(self.documents.unsigned))
