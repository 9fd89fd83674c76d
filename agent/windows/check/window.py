"""The window of 环境检测."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.check.row import URGENT_FIRST, CheckRow
from agent.windows.file_dialogs import open_above
from agent.windows.scrolling import scrolled
from agent.windows.style import SMALL, set_kind
from agent.windows.tab_order import keep_last
from agent.windows.texts import Label
from agent.windows.window import Context, Window


class CheckWindow(Window):
    """Runs all checks when it opens, and again when it is told to."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._report = ""
        self.rows: dict[str, CheckRow] = {}
        self.summary = Label()
        self.again = QPushButton()
        self.copy = QPushButton()
        self.save = QPushButton()
        self._column = QVBoxLayout()
        self._set_up()
        self.refresh()

    def refresh(self) -> None:
        """Run all checks."""
        self.again.setEnabled(False)
        self.copy.setEnabled(False)
        self.save.setEnabled(False)
        self.summary.setText(self.words(mark("Checking …")))
        self.link.call("checks.list", None, self._show_names)
        self.link.call("checks.run", None, self._show_results, self._not_run)

    def save_to(self, file: Path) -> None:
        """Write the report."""
        try:
            file.write_text(self._report, encoding="utf-8")
        except OSError as error:
            sentence = mark("The file {file} cannot be written: {reason}")
            reason = error.strerror or str(error)
            self.banner.say(self.words(sentence, file=file.name, reason=reason), "bad")
        else:
            self.banner.say(self.words(mark("Saved as {file}."), file=str(file)), "good")

    def _set_up(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("Environment check"))
        words.show(self.again.setText, mark("Check again"))
        words.show(self.copy.setText, mark("Copy report"))
        words.show(self.save.setText, mark("Save report"))
        set_kind(self.summary, "heading")
        set_kind(self.again, "primary")
        self.again.clicked.connect(self.refresh)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._ask_where)
        inside = QWidget()
        self._column.setContentsMargins(0, 0, SMALL, 0)
        self._column.setSpacing(SMALL)
        whole = QVBoxLayout(inside)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(self._column)
        whole.addStretch(1)
        area = scrolled(inside)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.save)
        buttons.addStretch(1)
        buttons.addWidget(self.again)
        self.content.addWidget(self.summary)
        self.content.addWidget(area, 1)
        self.content.addLayout(buttons)
        self.fit(680, 640)

    def _show_names(self, listed: Json) -> None:
        for check in listed["checks"]:
            row = self.rows.get(check["name"])
            if row is None:
                self.rows[check["name"]] = row = CheckRow(self.words, check["name"], check["title"])
                row.fix_wanted.connect(self._mend)
                self._column.addWidget(row)
            row.title.setText(check["title"])
            row.wait()
        keep_last(self, self.copy, self.save, self.again)

    def _show_results(self, results: Json) -> None:
        self._report = results["report"]
        for item in results["items"]:
            self.rows[item["name"]].show_item(item)
        self._put_first_what_is_wrong()
        for button in (self.again, self.copy, self.save):
            button.setEnabled(True)
        self._sum_up()

    def _put_first_what_is_wrong(self) -> None:
        rows = sorted(self.rows.values(), key=lambda row: URGENT_FIRST.index(row.state))
        for row in rows:
            self._column.removeWidget(row)
        for row in rows:
            self._column.addWidget(row)
        keep_last(self, *(row.fix for row in rows), self.copy, self.save, self.again)

    def _not_run(self, report: Json) -> None:
        self.again.setEnabled(True)
        self.summary.setText("")
        self.say_refusal(report)

    def _sum_up(self) -> None:
        states = [row.state for row in self.rows.values()]
        failed, warned = states.count("failed"), states.count("warning")
        if not failed and not warned:
            self.summary.setText(self.words(mark("Everything the certificate needs is there.")))
            return
        said = []
        if failed:
            said.append(self.words.counted("{count} problem", "{count} problems", failed))
        if warned:
            said.append(self.words.counted("{count} warning", "{count} warnings", warned))
        self.summary.setText(" · ".join(said))

    def _mend(self, fix: str) -> None:
        self.banner.hush()
        self.again.setEnabled(False)
        self.link.call("checks.fix", {"id": fix}, lambda _results: self.refresh(), self._not_run)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.banner.say(self.words(mark("The report is in the clipboard.")), "good")

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, self.words(mark("Save report")), "odc-check.txt")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(".txt")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.save_to(Path(name)))
        open_above(dialog)
