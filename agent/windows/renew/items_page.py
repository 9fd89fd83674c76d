"""证照更新: the business licence and the digital certificate, each by itself or both at once."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from agent.api.client import Json
from agent.certificates.days import EXPIRING_DAYS
from agent.ground.language import mark
from agent.windows.picture import Picture
from agent.windows.renew.choices import Choice, last_installed
from agent.windows.renew.item_card import ItemCard
from agent.windows.renew.labels import isolated, make_label, say
from agent.windows.renew.step_card import StepCard, put_in_the_middle
from agent.windows.style import MEDIUM, set_kind
from agent.windows.texts import day
from agent.windows.words import Words

_NONE = mark(
    "No certificate that could be renewed was found. Plug the token in; it is noticed by itself."
)


class ItemsPage(QWidget):
    """Both items of one organisation; several certificates are chosen among above them."""

    wants_all = Signal()
    wants_certificate = Signal()
    wants_licence = Signal()
    chosen = Signal(str)
    """The thumbprint of another certificate."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self.choice = QComboBox()
        self.none = make_label()
        self.nothing = QWidget()
        self.licence = ItemCard(words, mark("Business licence"), "licence")
        self.certificate = ItemCard(words, mark("Digital certificate"), "token")
        self.all = QPushButton()
        self._set_up()
        self._arrange()

    def show_choices(self, choices: tuple[Choice, ...], chosen: Choice | None) -> None:
        """Show what can be renewed, and what is chosen of it."""
        self.choice.blockSignals(True)
        self.choice.clear()
        for each in choices:
            self.choice.addItem(f"{isolated(each.organisation)}  {each.text}", each.thumbprint)
        if chosen is not None:
            self.choice.setCurrentIndex(self.choice.findData(chosen.thumbprint))
        self.choice.blockSignals(False)
        self.choice.setVisible(len(choices) > 1)
        self.nothing.setVisible(chosen is None)
        for widget in (self.licence, self.certificate, self.all):
            widget.setVisible(chosen is not None)

    def show_certificate(self, choice: Choice, renewals: list[Json], *, busy: bool) -> None:
        """Show the digital certificate's item."""
        words = self._words
        installed = last_installed(renewals, choice.organisation)
        self.certificate.show_state(choice.text, _urgency(choice))
        about = [isolated(choice.organisation)]
        if choice.away:
            named = mark("Token “{label}”: {state}")
            about.append(words(named, label=isolated(choice.token), state=choice.away))
        if choice.service:
            service = mark("Certificate service: {name}")
            about.append(words(service, name=isolated(choice.service)))
        result, kind = _result(choice)
        self.certificate.show_item(
            about="\n".join(filter(None, about)),
            updated=day(installed["updated"]) if installed else "",
            result=result,
            kind=kind,
        )
        text = mark("Continue") if choice.is_under_way else mark("Update")
        self.certificate.show_button(words(text), enabled=not busy)
        self.all.setEnabled(not busy)

    def show_licence(self, choice: Choice, licence: Json | None, *, busy: bool) -> None:
        """Show the business licence's item; None where it was never updated."""
        words = self._words
        uscc = choice.uscc or (licence["uscc"] if licence else "")
        result, kind = words(mark("It was not updated yet.")), "muted"
        if licence is not None:
            kind = "bad" if licence["error"] else "good"
            advice = licence["advice_text"] if licence["error"] else ""
            result = "\n".join(filter(None, (licence["text"], advice)))
        if busy:
            result, kind = words(mark("Updating …")), "muted"
        self.licence.show_item(
            about=words(mark("Unified social credit code: {uscc}"), uscc=uscc) if uscc else "",
            updated=day(licence["fetched"]) if licence and licence["fetched"] else "",
            result=result,
            kind=kind,
        )
        self.licence.show_button(words(mark("Update")), enabled=not busy)

    def _set_up(self) -> None:
        words = self._words
        words.show(self.none.setText, _NONE)
        card = StepCard(Picture("token"))
        card.inside.addWidget(self.none, 0, Qt.AlignmentFlag.AlignVCenter)
        put_in_the_middle(self.nothing, card)
        words.show(self.choice.setAccessibleName, mark("Certificate to renew"))
        words.show(self.all.setText, mark("Update both"))
        set_kind(self.all, "primary")
        self.all.setDefault(True)
        say(self.licence.result, "")
        self.choice.currentIndexChanged.connect(
            lambda _index: self.chosen.emit(self.choice.currentData())
        )
        self.all.clicked.connect(self.wants_all)
        self.certificate.wanted.connect(self.wants_certificate)
        self.licence.wanted.connect(self.wants_licence)

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        column.addWidget(self.choice)
        column.addWidget(self.nothing, 2)
        column.addWidget(self.licence)
        column.addWidget(self.certificate)
        column.addLayout(buttons)
        column.addStretch(1)
        parts: tuple[QWidget, ...] = (self.choice, self.nothing, self.licence, self.certificate)
        for part in (*parts, self.all):
            part.hide()  # until it is known what there is
        # Ignored, else a long name would widen the window.
        policy = self.choice.sizePolicy()
        policy.setHorizontalPolicy(policy.Policy.Ignored)
        self.choice.setSizePolicy(policy)


def _urgency(choice: Choice) -> str:
    if choice.days_left is None or choice.days_left > EXPIRING_DAYS:
        return "muted"
    return "bad" if choice.days_left < 0 else "warning"


def _result(choice: Choice) -> tuple[str, str]:
    if choice.renewal is None:
        return "", "muted"
    kinds = {"failed": "bad", "rejected": "bad", "installed": "good", "cancelled": "muted"}
    text: str = choice.renewal["text"]
    return text, kinds.get(choice.renewal["state"], "warning")
