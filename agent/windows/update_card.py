"""软件升级: whether there is a newer version, what is new in it, and its package."""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.link import Link
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.texts import Label, ValueLabel
from agent.windows.words import Words

_OFF = mark(
    "Updates of this installation do not come through the agent: they come by your system's package"
    " manager or your administrator. Nothing is downloaded by itself."
)
_ON = mark(
    "Newer versions are looked for once a day. Nothing is downloaded or installed unless you want it."
)
_NEWER = mark("There is a newer version: {version} (this is {current}).")
_NEWEST = mark("This is the newest version ({current}).")
_NONE_KNOWN = mark("No newer version is known (this is {current}).")
_NOT_OPENED = mark("Your system does not open the package by itself: install {file} yourself.")


class UpdateCard(QFrame):
    """Asks the agent and shows what it found; installing is left to the system's installer."""

    def __init__(self, link: Link, words: Words) -> None:
        super().__init__()
        self._link = link
        self._words = words
        self._update: Json = None
        self._file = ""
        self.about = ValueLabel()
        self.text = ValueLabel()
        self.notes = ValueLabel()
        self.progress = QProgressBar()
        self.failure = ValueLabel()
        self.check = QPushButton()
        self.download = QPushButton()
        self.page = QPushButton()
        self.cancel = QPushButton()
        self._set_up()
        self._arrange()

    def refresh(self) -> None:
        """Show what was found last; nobody is asked."""
        self._link.call("updates.status", None, self._show_known)

    def look(self) -> None:
        """Have the agent look for a newer version now (检查更新)."""
        self._begin()
        self._link.call("updates.check", None, self._show_found, self._fail)

    def fetch(self) -> None:
        """Have the package downloaded and open it; once it is there, open it again."""
        if self._file:
            self._open()
            return
        self._begin()
        self.cancel.setEnabled(True)
        self.cancel.show()
        self._link.call("updates.download", None, self._take, self._fail)

    def on_event(self, event: Json) -> None:
        """Follow a download, and what the agent finds by itself."""
        if event["event"] == "update_progress":
            self.progress.setRange(0, 100)
            self.progress.setValue(100 * event["received"] // max(event["total"], 1))
        elif event["event"] == "update_found":
            self.refresh()

    def _set_up(self) -> None:
        words = self._words
        words.show(self.check.setText, mark("Check for updates"))
        words.show(self.page.setText, mark("Download page"))
        words.show(self.cancel.setText, mark("Cancel"))
        words.show(self.progress.setAccessibleName, mark("Software update"))
        self.check.clicked.connect(self.look)
        self.download.clicked.connect(self.fetch)
        self.cancel.clicked.connect(self._stop)
        self.page.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(self._update["page"])))
        set_kind(self, "card")
        set_kind(self.about, "muted")
        set_kind(self.failure, "bad")
        set_kind(self.download, "primary")
        for widget in (self.text, self.notes, self.progress, self.failure):
            widget.hide()
        for button in (self.check, self.download, self.page, self.cancel):
            button.hide()

    def _arrange(self) -> None:
        heading = Label()
        set_kind(heading, "heading")
        self._words.show(heading.setText, mark("Software update"))
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        for button in (self.check, self.download, self.cancel, self.page):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        column.setSpacing(SMALL)
        for widget in (heading, self.text, self.notes, self.progress, self.failure, self.about):
            column.addWidget(widget)
        column.addLayout(buttons)

    def _show_known(self, update: Json) -> None:
        # A check that failed counts as one, so only an answer to our own says "the newest".
        self._show(update, _NONE_KNOWN if update["checked"] else "")
        if update["refusal"] and update["is_on"]:
            self._fail(update["refusal"])

    def _show_found(self, update: Json) -> None:
        self._end()
        self._show(update, _NEWEST)

    def _show(self, update: Json, without: str) -> None:
        before, self._update = self._update, update
        if before and before["version"] != update["version"]:
            self._file = ""
        self.about.show_value(self._words(_ON if update["is_on"] else _OFF))
        sentence = _NEWER if update["version"] else without
        is_on = update["is_on"]
        self._say(self.text, self._words(sentence, **update) if sentence and is_on else "")
        self._say(self.notes, self._told(update) if is_on else "")
        self.check.setVisible(is_on)
        self.download.setVisible(is_on and update["can_download"])
        self.page.setVisible(is_on and update["page"].startswith("https://"))
        self._name_download()

    def _told(self, update: Json) -> str:
        """Return what is new; where nothing is, when that was looked for."""
        if update["version"] or not update["checked"]:
            return str(update["notes"])
        when = dt.datetime.fromisoformat(update["checked"]).astimezone()
        sentence = mark("Last checked: {when}")
        return self._words(sentence, when=when.strftime("%Y-%m-%d %H:%M"))

    def _take(self, fetched: Json) -> None:
        self._end()
        self._file = fetched["file"]
        self._name_download()
        self._say(self.notes, self._words(mark("Downloaded and verified: {file}"), file=self._file))
        self._open()

    def _open(self) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(self._file)):
            self._say(self.failure, self._words(_NOT_OPENED, file=self._file))

    def _name_download(self) -> None:
        name = mark("Open the package") if self._file else mark("Download")
        self.download.setText(self._words(name))

    def _stop(self) -> None:
        """End the download; its own call says when that is done: a silent server takes seconds."""
        self.cancel.setEnabled(False)
        self._link.call("updates.cancel")

    def _begin(self) -> None:
        self.failure.hide()
        self.progress.setRange(0, 0)
        self.progress.show()
        self.check.setEnabled(False)
        self.download.setEnabled(False)

    def _end(self) -> None:
        self.progress.hide()
        self.cancel.hide()
        self.check.setEnabled(True)
        self.download.setEnabled(True)

    def _fail(self, report: Json) -> None:
        self._end()
        if report["code"] != "updates_off":  # which stands there already
            self._say(self.failure, " ".join(filter(None, self._words.of_report(report))))

    def _say(self, label: ValueLabel, text: str) -> None:
        label.show_value(text)
        label.setVisible(bool(text))
