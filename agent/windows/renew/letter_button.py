"""导出模板: the letter of authorisation, as PDF or for a word processor, where the person wants it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QMenu, QPushButton

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.file_dialogs import open_above
from agent.windows.window import Context

_FORMATS = {"pdf": "PDF", "docx": "Word (DOCX)"}


class LetterButton(QPushButton):
    """Exports the letter with what is filled in so far."""

    written = Signal(str)
    """What was done, as a sentence."""
    failed = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._link, self._words = context.link, context.words
        self.renewal_id = ""
        self.before: Callable[[], None] = lambda: None
        """Called before the letter is made: what is typed has to be kept first."""
        self.setAutoDefault(False)
        menu = QMenu(self)
        for kind, name in _FORMATS.items():
            menu.addAction(name, partial(self.make, kind))
        self.setMenu(menu)
        self._words.show(self.setText, mark("Export the letter"))

    def make(self, kind: str, path: str = "") -> None:
        """Have the letter made; where no ``path`` is given the person is asked for one."""
        self.before()
        params = {"id": self.renewal_id, "format": kind}
        self._link.call("dossiers.letter", params, partial(self._on_letter, path), self._on_refused)

    def _on_letter(self, path: str, letter: Json) -> None:
        content = base64.b64decode(letter["content"])
        if path:
            self._write(content, path)
            return
        dialog = QFileDialog(self, self.text())
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(letter["file"])
        dialog.setDefaultSuffix(Path(letter["file"]).suffix)
        dialog.fileSelected.connect(partial(self._write, content))
        open_above(dialog)

    def _write(self, content: bytes, path: str) -> None:
        try:
            Path(path).write_bytes(content)
        except OSError as error:
            sentence = mark("The file {file} cannot be written: {reason}")
            reason = error.strerror or str(error)
            self.failed.emit(self._words(sentence, file=path, reason=reason))
            return
        done = mark("Written to {file}. It is to be printed, signed and stamped.")
        self.written.emit(self._words(done, file=path))

    def _on_refused(self, report: Json) -> None:
        self.failed.emit(" ".join(filter(None, self._words.of_report(report))))
