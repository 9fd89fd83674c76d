"""Reference value and secret, as an authority hands them out for one renewal (CMP)."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.picture import Picture
from agent.windows.renew.labels import make_label, say
from agent.windows.renew.step_card import StepCard, put_in_the_middle
from agent.windows.style import TIGHT, set_kind
from agent.windows.texts import Label
from agent.windows.window import Context


class SecretPage(QWidget):
    """Takes both; they are on a letter or in a message, so they may be seen as they are typed."""

    given = Signal(dict)
    """The renewal after both were taken."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._words, self._link = context.words, context.link
        self._renewal: Json = None
        self.about = make_label("heading")
        self.told = make_label()
        self.reference, self.secret = QLineEdit(), QLineEdit()
        self.accept = QPushButton()
        self._labels = (Label(), Label())
        self._set_up()
        self._arrange()

    def enter(self, renewal: Json) -> None:
        """Show the page for a renewal."""
        if self._renewal is None or self._renewal["id"] != renewal["id"]:
            self._forget()
        self._renewal = renewal
        say(self.told, "")
        self.reference.setFocus()

    def _set_up(self) -> None:
        words = self._words
        words.show(
            self.about.setText,
            mark("Enter what the certification authority gave you for this renewal."),
        )
        names = (mark("Reference value"), mark("Secret"))
        for field, label, name in zip(self._fields, self._labels, names, strict=True):
            words.show(label.setText, name)
            words.show(field.setAccessibleName, name)
            label.setBuddy(field)
            field.textChanged.connect(lambda _text: self._allow())
            field.returnPressed.connect(self._give)
        self.reference.setMaxLength(100)
        self.secret.setMaxLength(200)
        words.show(self.accept.setText, mark("OK"))
        set_kind(self.accept, "primary")
        self.accept.clicked.connect(self._give)
        self._allow()

    @property
    def _fields(self) -> tuple[QLineEdit, QLineEdit]:
        return self.reference, self.secret

    def _forget(self) -> None:
        for field in self._fields:
            field.setText("")  # clear() could be undone

    def _give(self) -> None:
        if not self.accept.isEnabled():
            return
        self.accept.setEnabled(False)
        params = {
            "id": self._renewal["id"],
            "reference": self.reference.text().strip(),
            "secret": self.secret.text().strip(),
        }
        self._link.call("renewals.give_secret", params, self._on_taken, self._on_refused)

    def _on_taken(self, renewal: Json) -> None:
        self._forget()
        self.given.emit(renewal)

    def _on_refused(self, report: Json) -> None:
        say(self.told, " ".join(filter(None, self._words.of_report(report))), "bad")
        self._allow()

    def _allow(self) -> None:
        self.accept.setEnabled(all(field.text().strip() for field in self._fields))

    def _arrange(self) -> None:
        card = StepCard(Picture("letter"))
        inside = card.inside
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.accept)
        inside.addWidget(self.about)
        for field, label in zip(self._fields, self._labels, strict=True):
            named = QVBoxLayout()
            named.setSpacing(TIGHT)
            named.addWidget(label)
            named.addWidget(field)
            inside.addLayout(named)
        inside.addWidget(self.told)
        inside.addLayout(below)
        put_in_the_middle(self, card)
