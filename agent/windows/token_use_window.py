"""A site wants a token used: to log in, to sign, to decrypt. Typing the PIN here is what agrees.

The token is made ready while the question is read. Who cannot agree, since there is no token or its
certificate has expired, is told so before any PIN, and may let the site know.
"""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.document_dialog import DocumentDialog
from agent.windows.pin_asking import PinAsking
from agent.windows.pin_panel import PinPanel
from agent.windows.question_window import QuestionWindow
from agent.windows.shown_items import ShownItems
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.tab_order import keep_last
from agent.windows.texts import ValueLabel, day
from agent.windows.window import Context

_NOT_TAKEN = mark(
    "What was just typed was not taken: this window has only now come to the front. "
    "Type the PIN from its beginning."
)
_AS_ALLOWED = mark("That this site may ask was allowed for good. The PIN is asked for each time.")
_ALWAYS = mark("This site may ask from now on; the PIN is asked for each time")
_HEADING = mark("By entering the PIN you agree")
_ASK_AGAIN = mark("Enter the PIN")
_TELL_SITE = mark("Let the site know")


class TokenUseWindow(QuestionWindow):
    """The question above, the PIN below."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._has_listened = False
        self._asked_with = ""
        """Thumbprint of the certificate whose token waits for its PIN."""
        self.items = ShownItems(self.words)
        self.certificate = QComboBox()
        self.facts = ValueLabel()
        self.allowed = ValueLabel()
        self.always = QCheckBox()
        self.problem = ValueLabel()
        self.panel = PinPanel(self.words, _HEADING)
        self.never = QPushButton()
        self.again = QPushButton()
        self.decline = QPushButton()
        self.agree = QPushButton()
        self._name_all()
        self._connect_all()
        self.content.setSpacing(SMALL)
        self.set_up(
            self._answering(),
            (580, 600),
            above=(self.items, self._with_what()),
            below=(self.allowed, self.always, self.left),
        )

    def listen(self, is_listening: bool) -> None:
        """Take the PIN and other answers only while somebody can have read the question."""
        for widget in (self.panel, self.never, self.again, self.decline, self.agree, self.always):
            widget.setEnabled(is_listening)
        if is_listening:
            self._has_listened = True
            self._focus()
        elif self._has_listened and not self.panel.field.is_empty:
            # Half a PIN would be a wrong one, and cost a try.
            self.panel.field.clear()
            self.banner.say(self.words(_NOT_TAKEN), "warning")

    def _focus(self) -> None:
        """Give the keyboard to the field; where there is none yet, to what does least."""
        if self.panel.field.isVisible():
            self.panel.field.setFocus()
        else:
            (self.panel.cancel if self.panel.isVisible() else self.decline).setFocus()

    def on_event(self, event: Json) -> None:
        """Follow what is plugged in; say what went wrong after the PIN."""
        if event["event"] == "tokens_changed" and self.asked:
            self.link.call(
                "consent.get", {"id": self.subject}, self._show_use, lambda _report: None
            )
        elif event["event"] == "consent_closed" and event["id"] == self.subject:
            self.is_answered = True
            self._ended(event.get("problem"))
        else:
            super().on_event(event)

    def show_question(self, question: Json) -> None:
        """Show a question, and make its token ready."""
        super().show_question(question)
        self.always.setChecked(False)
        self.items.show_items(question["token_use"]["shown"])
        self._order_tabs()
        self._show_use(question)

    def answer(self, decision: str) -> None:
        """Tell the agent, and let the token go."""
        self.panel.let_go()
        super().answer(decision)

    def _show_use(self, question: Json) -> None:
        """Show what it can be done with now, and why not with the rest."""
        use = question["token_use"]
        usable = [candidate for candidate in use["candidates"] if not candidate["problem"]]
        with QSignalBlocker(self.certificate):
            chosen = self.certificate.currentData() or {}
            self.certificate.clear()
            for candidate in usable:
                name = f"{candidate['organisation']}  ({candidate['token_label']})"
                self.certificate.addItem(name, candidate)
            thumbprints = [candidate["thumbprint"] for candidate in usable]
            before = chosen.get("thumbprint")
            self.certificate.setCurrentIndex(
                thumbprints.index(before) if before in thumbprints else 0
            )
        self.certificate.setVisible(len(usable) > 1)
        self.allowed.setVisible(use["is_allowed"])
        report = use["problem"]
        may_be = use["may_be_allowed"] and not use["is_allowed"]
        self.always.setVisible(may_be and not report)
        self.problem.show_value(
            "\n".join(filter(None, self.words.of_report(report))) if report else ""
        )
        self.problem.setVisible(bool(report))
        self.agree.setVisible(bool(report))
        self.decline.setVisible(bool(report))
        self._show_facts(usable or use["candidates"])
        self._make_ready(can_be_asked=not report)

    def _show_facts(self, candidates: list[Json]) -> None:
        chosen = self.certificate.currentData() or (candidates[0] if candidates else None)
        self.facts.setVisible(chosen is not None)
        if chosen is not None:
            lines = (
                self.words(mark("For: {name}"), name=chosen["organisation"]),
                self.words(mark("Certificate of: {name}"), name=chosen["authority"]),
                self.words(mark("Valid until: {day}"), day=day(chosen["not_after"]))
                + f"  ({chosen['text']})",
                self.words(mark("Token: {name}"), name=chosen["token_label"]),
            )
            self.facts.show_value("\n".join(lines))

    def _make_ready(self, *, can_be_asked: bool) -> None:
        """Have the chosen certificate's token wait for its PIN, unless it does already."""
        chosen = self.certificate.currentData() if can_be_asked else None
        thumbprint = chosen["thumbprint"] if chosen else ""
        self.panel.setVisible(bool(thumbprint))
        if thumbprint == self._asked_with:
            return
        self.panel.let_go()
        self._asked_with = thumbprint
        self.again.hide()
        if thumbprint:
            params = {"id": self.subject, "thumbprint": thumbprint}
            self.panel.begin(PinAsking(self.link, "consent.pin", params))

    def _ask_again(self) -> None:
        self._asked_with = ""
        self._make_ready(can_be_asked=True)

    def _on_failed(self, report: Json) -> None:
        """Offer to ask once more where nothing waits for a PIN any more."""
        self.again.setVisible(report["code"] in _ASKED_AGAIN)
        if self.again.isVisible():
            self.again.setFocus()

    def _on_sent(self) -> None:
        """Keep what was ticked: the person has just agreed."""
        if self.always.isVisibleTo(self) and self.always.isChecked():
            asked = self.asked
            params = {"origin": asked["origin"], "decision": "always", "actions": [asked["action"]]}
            self.link.call("sites.decide", params)

    def _ended(self, problem: Json) -> None:
        if not problem:
            self.close()
            return
        self.panel.hide()
        self.always.hide()
        self.never.hide()
        self.left.hide()
        self.decline.show()
        self.words.show(self.decline.setText, mark("Close"))
        self.say_refusal(problem)

    def _name_all(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("A site wants your token"))
        words.show(self.certificate.setAccessibleName, mark("Certificate"))
        words.show(self.always.setText, _ALWAYS)
        words.show(self.allowed.show_value, _AS_ALLOWED)
        words.show(self.never.setText, mark("Never allow"))
        words.show(self.again.setText, _ASK_AGAIN)
        words.show(self.decline.setText, mark("Decline"))
        words.show(self.agree.setText, _TELL_SITE)
        set_kind(self.problem, "bad")
        self.problem.setProperty("notice", True)
        set_kind(self.allowed, "muted")
        for widget in (self.again, self.agree, self.decline, self.problem, self.panel):
            widget.hide()

    def _connect_all(self) -> None:
        self.certificate.currentIndexChanged.connect(lambda _index: self._on_chosen())
        self.items.looked_at.connect(self._look)
        self.panel.sent.connect(self._on_sent)
        self.panel.failed.connect(self._on_failed)
        self.panel.cancelled.connect(lambda: self.decide("decline"))
        self.again.clicked.connect(self._ask_again)
        self.never.clicked.connect(lambda: self.decide("never"))
        self.decline.clicked.connect(lambda: self.decide("decline"))
        self.agree.clicked.connect(lambda: self.decide("once"))
        for button in (self.never, self.again, self.decline, self.agree):
            button.setAutoDefault(False)

    def _look(self, number: int) -> None:
        """Show a document that is to be signed."""
        name = self.asked["token_use"]["shown"][number]["name"]
        DocumentDialog(Context(self.link, self.words), self.subject, number, name, self).show()

    def _on_chosen(self) -> None:
        self._show_facts([])
        self._make_ready(can_be_asked=True)

    def _with_what(self) -> QWidget:
        card = QFrame()
        set_kind(card, "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        inside.setSpacing(SMALL)
        inside.addWidget(self.certificate)
        inside.addWidget(self.facts)
        inside.addWidget(self.problem)
        return card

    def _order_tabs(self) -> None:
        """Have the Tab key come to what stands below what is signed after it."""
        reveal = self.panel.field.findChildren(QPushButton)
        field = (self.panel.field.edit, *reveal)
        buttons = (self.never, self.panel.risk, self.panel.cancel, self.panel.accept)
        others = (self.again, self.decline, self.agree)
        keep_last(self, self.certificate, self.always, *field, *buttons, *others)

    def _answering(self) -> QVBoxLayout:
        self.panel.row.insertWidget(0, self.never)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addStretch(1)
        for button in (self.again, self.decline, self.agree):
            row.addWidget(button)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(self.panel)
        column.addLayout(row)
        return column


_ASKED_AGAIN = frozenset({"pin_not_given", "pin_unanswered", "token_missing", "pin_entry_busy"})
"""After these nothing waits for a PIN any more, and it may be asked for once more."""
