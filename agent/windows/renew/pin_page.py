"""Asking for the PIN of the renewal's next step."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.picture import Picture
from agent.windows.pin_asking import PinAsking
from agent.windows.pin_panel import PinPanel
from agent.windows.renew.labels import make_label, say
from agent.windows.renew.step_card import StepCard, put_in_the_middle
from agent.windows.style import set_kind
from agent.windows.words import Words


class PinPage(QWidget):
    """A panel that asks, and the way to ask once more where it could not."""

    again = Signal()
    """Ask once more."""
    left = Signal()
    """The person enters no PIN now."""
    done = Signal(dict)

    def __init__(self, words: Words, heading: str) -> None:
        """Make a page under ``heading``, a marked sentence that says what the PIN is for."""
        super().__init__()
        self._asking: PinAsking | None = None
        self.note = make_label()
        self.panel = PinPanel(words, heading)
        self.retry = QPushButton()
        words.show(self.retry.setText, mark("Try again"))
        set_kind(self.retry, "primary")
        self.retry.clicked.connect(self.again)
        self.panel.failed.connect(self._offer_retry)
        self.panel.cancelled.connect(self._leave_for_items)
        self.panel.done.connect(self.done)
        self._arrange()

    def ask(self, asking: PinAsking, note: str = "") -> None:
        """Ask for a PIN, with ``note`` above it."""
        self.leave()
        self._asking = asking
        say(self.note, note)
        self.retry.hide()
        self.panel.begin(asking)

    def leave(self) -> None:
        """Let the worker go that waits for the PIN, where one does."""
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.decline()
            self.panel.idle.stop()
            self.panel.field.clear()

    def show_error(self, renewal: Json) -> None:
        """Say why the last step with a PIN failed, until another is typed."""
        if renewal["error"] and self.note.text() != renewal["error_text"]:
            text = " ".join(filter(None, (renewal["error_text"], renewal["advice_text"])))
            say(self.note, text, "bad")

    def _offer_retry(self, _report: Json) -> None:
        self.retry.setVisible(not self._is_asking())
        if self.retry.isVisible():
            self.retry.setFocus()

    def _is_asking(self) -> bool:
        return self.panel.field.isVisible() or self.panel.progress.isVisible()

    def _leave_for_items(self) -> None:
        self.leave()
        self.left.emit()

    def _arrange(self) -> None:
        card = StepCard(Picture("pin"))
        self.panel.row.addWidget(self.retry)
        card.inside.addWidget(self.panel)
        put_in_the_middle(self, self.note, card)
        self.note.hide()
        self.retry.hide()
