"""Looking at a scan: enlarged, turned, and beside what a conversion would make of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import Language, mark
from agent.windows.picture_view import PictureView
from agent.windows.renew.labels import isolated, make_label, say
from agent.windows.style import MEDIUM, SMALL, TIGHT, set_kind
from agent.windows.window import Context


class _Pane(QWidget):
    """One picture under its name."""

    def __init__(self) -> None:
        super().__init__()
        self.title = make_label("heading")
        self.facts = make_label("muted")
        self.view = PictureView()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(self.title)
        column.addWidget(self.view, 1)
        column.addWidget(self.facts)


class ScanDialog(QDialog):
    """Shows one scan. A conversion is used only by a button that says so."""

    used = Signal(bool)
    """What to send: the conversion, or the file as it is."""

    def __init__(self, context: Context, renewal_id: str, scan: Json, parent: QWidget) -> None:
        super().__init__(parent)
        self._link, self._words = context.link, context.words
        self._id, self._scan = renewal_id, scan
        self._turns = 0
        self.before, self.after = _Pane(), _Pane()
        self.changes = make_label()
        self.progress = QProgressBar()
        self.page = QSpinBox()
        self.buttons = {name: QPushButton() for name in _BUTTONS}
        self._set_up()
        self._arrange()
        self._look()

    @property
    def is_busy(self) -> bool:
        """Whether the agent is at work on a picture."""
        return self.progress.isVisible()

    def _set_up(self) -> None:
        words = self._words
        self.setWindowTitle(isolated(self._scan["file"]) or words(mark("Scan")))
        self.before.title.setText(words(mark("The file")))
        self.after.title.setText(words(mark("After the conversion")))
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.page.setRange(1, max(1, self._scan["pages"]))
        self.page.setPrefix(f"{words(mark('Page'))} ")
        self.page.setAccessibleName(words(mark("Page")))
        self.page.setVisible(self._scan["pages"] > 1)
        self.page.valueChanged.connect(lambda _page: self._convert())
        for name, (text, work) in _BUTTONS.items():
            button = self.buttons[name]
            button.setText(words(text))
            button.setAutoDefault(False)
            button.clicked.connect(getattr(self, work))
        for keys, name in (("Ctrl++", "larger"), ("Ctrl+-", "smaller"), ("Ctrl+0", "whole")):
            QShortcut(QKeySequence(keys), self, self.buttons[name].click)

    def _look(self) -> None:
        """Show what would be sent, and offer a conversion where something is wrong with it."""
        scan = self._scan
        self.after.hide()
        if scan["faults"]:
            self._convert()
            return
        self._wait()
        params = {"id": self._id, "name": scan["name"]}
        self._link.call("dossiers.picture", params, self._on_picture, self._on_refused)

    def _on_picture(self, picture: Json) -> None:
        self.before.view.show_picture(picture["content"])
        say(self.before.facts, self._scan["facts_text"])
        self._show_buttons(is_offered=False)

    def _convert(self) -> None:
        self._wait()
        params = {"id": self._id, "name": self._scan["name"],
                  "page": self.page.value(), "turns": self._turns}  # fmt: skip
        self._link.call("dossiers.convert", params, self._on_offer, self._on_refused)

    def _on_offer(self, offer: Json) -> None:
        self.after.show()
        self.before.view.show_picture(offer["before"])
        self.after.view.show_picture(offer["after"])
        say(self.before.facts, offer["facts_before"])
        say(self.after.facts, offer["facts_after"])
        between = "、" if self._words.language is Language.ZH else ", "
        done = self._words(mark("What was done: {changes}"), changes=between.join(offer["changes"]))
        say(self.changes, done if offer["changes"] else "", "muted")
        self._show_buttons(is_offered=True)

    def _on_refused(self, report: Json) -> None:
        say(self.changes, " ".join(filter(None, self._words.of_report(report))), "bad")
        self._show_buttons(is_offered=False)

    def _wait(self) -> None:
        self.progress.show()
        for button in self.buttons.values():
            button.setEnabled(False)

    def _show_buttons(self, *, is_offered: bool) -> None:
        self.progress.hide()
        for button in self.buttons.values():
            button.setEnabled(True)
        can_turn = self._scan["can_be_converted"]
        for name in ("left", "right"):
            self.buttons[name].setVisible(can_turn)
        self.buttons["converted"].setVisible(is_offered)
        has_choice = is_offered and (self._scan["is_taken"] or self._scan["is_converted"])
        self.buttons["original"].setVisible(has_choice)
        set_kind(self.buttons["converted"], "primary")
        if is_offered:
            self.buttons["converted"].setFocus()

    def _turn_left(self) -> None:
        self._turn(3)

    def _turn_right(self) -> None:
        self._turn(1)

    def _turn(self, quarters: int) -> None:
        self._turns = (self._turns + quarters) % 4
        self._convert()

    def _larger(self) -> None:
        for pane in (self.before, self.after):
            pane.view.enlarge()

    def _smaller(self) -> None:
        for pane in (self.before, self.after):
            pane.view.reduce()

    def _whole(self) -> None:
        for pane in (self.before, self.after):
            pane.view.show_whole()

    def _use_converted(self) -> None:
        self.used.emit(True)
        self.accept()

    def _use_original(self) -> None:
        self.used.emit(False)
        self.accept()

    def _arrange(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(TIGHT)
        for name in ("larger", "smaller", "whole", "left", "right"):
            tools.addWidget(self.buttons[name])
        tools.addWidget(self.page)
        tools.addStretch(1)
        panes = QHBoxLayout()
        panes.setSpacing(MEDIUM)
        panes.addWidget(self.before, 1)
        panes.addWidget(self.after, 1)
        below = QHBoxLayout()
        below.setSpacing(SMALL)
        below.addStretch(1)
        for name in ("close", "original", "converted"):
            below.addWidget(self.buttons[name])
        column = QVBoxLayout(self)
        column.setSpacing(SMALL)
        column.addLayout(tools)
        column.addLayout(panes, 1)
        column.addWidget(self.changes)
        column.addWidget(self.progress)
        column.addLayout(below)
        room = self.screen().availableGeometry()
        self.resize(min(860, room.width() - 40), min(600, room.height() - 60))


_BUTTONS = {
    "larger": (mark("Larger"), "_larger"),
    "smaller": (mark("Smaller"), "_smaller"),
    "whole": (mark("Whole"), "_whole"),
    "left": (mark("Turn left"), "_turn_left"),
    "right": (mark("Turn right"), "_turn_right"),
    "close": (mark("Close"), "reject"),
    "original": (mark("Use the file as it is"), "_use_original"),
    "converted": (mark("Use the conversion"), "_use_converted"),
}
