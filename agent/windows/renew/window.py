"""The renew window: what it is about, and which page is shown."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QPushButton

from agent.api.client import Json
from agent.api.listed import all_tokens
from agent.ground.language import mark
from agent.windows.renew.choices import Choice, find_choices, next_due, preferred
from agent.windows.renew.labels import isolated, make_label
from agent.windows.renew.pages import Pages
from agent.windows.renew.plan import ENDED, Page, can_cancel, is_overtaken, page_of
from agent.windows.renew.time_line import TimeLine
from agent.windows.style import MEDIUM
from agent.windows.tab_order import keep_last
from agent.windows.window import Context, Window

_CANCEL = mark(
    "The application is withdrawn and what was filled in is deleted. The certificate on the token"
    " stays as it is."
)

_SIZE = (820, 560)
_OF_THE_DOSSIER = (900, 980)
"""What its form needs to be seen as a whole."""
_ROOMY = 420
"""Device-independent pixels of height below which a heading is in the way."""


class RenewWindow(Window):
    """Both items, then one page for each thing the certificate's renewal waits for."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._tokens: list[Json] | None = None
        self._renewals: list[Json] | None = None
        self._licences: Json | None = None
        self._chosen: Choice | None = None
        self.renewal: Json | None = None
        """The one whose page is shown; None while the items are."""
        self._shown: tuple[str, str, str] | None = None
        self._is_starting = False
        self.heading = make_label("title")
        self.time_line = TimeLine(self.words)
        self.pages = Pages(context)
        self.back, self.cancel = QPushButton(), QPushButton()
        self._set_up()
        self._arrange()
        self.refresh()

    def refresh(self) -> None:
        """Ask for tokens, renewals and licences."""
        self.link.call("tokens.list", None, self._on_tokens)
        self.link.call("renewals.list", None, self._on_renewals)
        self.link.call("licences.list", None, self._on_licences)

    def on_event(self, event: Json) -> None:
        """Follow the renewal, the token and the licence."""
        if event["event"] == "renewal":
            self._on_renewal(event["renewal"])
        elif event["event"] == "tokens_changed":
            self.link.call("tokens.list", None, self._on_tokens)
        elif event["event"] == "licence":
            self.link.call("licences.list", None, self._on_licences)

    def show_subject(self, subject: str) -> None:
        """Turn to another certificate, unless something is under way on a page."""
        super().show_subject(subject)
        if self.renewal is None or self.renewal["state"] in ENDED:
            self._chosen = None
            self._show_items()
            self.refresh()

    def shown_subject(self) -> str:
        """Return the thumbprint of the certificate whose renewal is shown."""
        return str(self.renewal["thumbprint"]) if self.renewal else ""

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Keep what was typed, and let the worker go that waits for a PIN."""
        self.pages.leave()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the page the room there is."""
        super().resizeEvent(event)
        self._show_heading()

    def follow(self, renewal: Json) -> None:
        """Show the page of a renewal; an answer that an event has overtaken is passed over."""
        if is_overtaken(renewal, self.renewal):
            return
        self.renewal = renewal
        self.time_line.show_renewal(renewal)
        self.heading.setText(isolated(renewal["organisation"]))
        page = page_of(renewal)
        shown = (renewal["id"], page.value, renewal["state"])
        if shown != self._shown:
            self.banner.hush()
            self._leave(shown)
            self._shown = shown
            self.pages.enter(page, renewal, self._choice_of(renewal))
            if page is Page.DOSSIER and renewal["state"] == "drafting":
                self.grow(*_OF_THE_DOSSIER)
            if renewal["state"] == "installed":  # the token holds more than when it was read last
                self.link.call("tokens.list", {"refresh": True}, self._on_tokens)
        else:
            self.pages.update(page, renewal)
        self._show_page(page)
        self._show_installed()
        self._show_next()

    def _leave(self, shown: tuple[str, str, str]) -> None:
        """Leave the page before; a draft of what is submitted now must not be written any more."""
        if self._shown is not None and shown != self._shown:
            self.pages.leave()

    def _show_installed(self) -> None:
        """Tell of the new certificate, as soon as the token has been read with it."""
        if self.renewal is None or self.renewal["state"] != "installed":
            return
        wanted = self.renewal["new_thumbprint"]
        held = (each for token in self._tokens or [] for each in token["certificates"])
        if new := next((each for each in held if each["thumbprint"] == wanted), None):
            self.pages.end.show_certificate(new)

    def _next(self) -> Choice | None:
        """Return what is to be renewed after the one that is shown."""
        if self.renewal is None:
            return None
        choices = find_choices(self._tokens or [], self._renewals or [])
        return next_due(choices, self.renewal["thumbprint"], self.renewal["organisation"])

    def _show_next(self) -> None:
        """Offer what is to be renewed next, where there is something."""
        if self.renewal is None or self.renewal["state"] not in {*ENDED, "reviewing"}:
            return
        coming = self._next()
        is_over = self.renewal["state"] in ENDED
        button = self.pages.end.next if is_over else self.pages.waiting.next
        button.show_next(isolated(coming.organisation) if coming else "")

    def _go_on_with_next(self) -> None:
        self._chosen = self._next()
        self._show_items()
        if self._chosen is not None:
            self.pages.is_in_queue = True
            self._start(with_licence=True)

    def _show_page(self, page: Page) -> None:
        self.pages.show(page, self.renewal)
        has_ended = self.renewal is None or self.renewal["state"] in ENDED
        self.time_line.setVisible(self.renewal is not None and self.time_line.has_steps)
        self._show_heading()
        self.back.setVisible(self.renewal is not None)
        self.tell_what_is_in_front()
        self.cancel.setVisible(not has_ended and can_cancel(self.renewal))

    def _show_heading(self) -> None:
        """Show whose renewal it is, where the screen has room for more than the page."""
        is_roomy = self.height() >= _ROOMY
        self.heading.setVisible(self.renewal is not None and is_roomy)
        self.time_line.name_steps(is_roomy)

    def _show_items(self) -> None:
        """Show both items; a page that was left can be taken up from there."""
        if self._shown is not None:
            self.pages.leave()
        self.renewal, self._shown = None, None
        self.pages.is_in_queue = False
        self._say_items()
        self._show_page(Page.ITEMS)
        self.pages.items.all.setFocus()

    def _show_licence_pin(self) -> None:
        assert self._chosen is not None
        self.pages.ask_for_licence(self._chosen.thumbprint)
        self.back.show()

    def _on_tokens(self, answer: Json) -> None:
        self._tokens = all_tokens(answer)
        self.pages.show_tokens(answer["tokens"])
        self._on_lists()
        self._show_installed()

    def _on_renewals(self, answer: Json) -> None:
        self._renewals = answer["renewals"]
        self._on_lists()

    def _on_licences(self, answer: Json) -> None:
        self._licences = answer
        self._on_lists()

    def _on_lists(self) -> None:
        if self._tokens is None or self._renewals is None or self._licences is None:
            return
        is_first = self._chosen is None
        choices = find_choices(self._tokens, self._renewals)
        thumbprint = self._chosen.thumbprint if self._chosen else self.subject
        self._chosen = preferred(choices, thumbprint)
        self.pages.items.show_choices(choices, self._chosen)
        self._say_items()
        self._show_next()
        if is_first and self._chosen is not None and self._chosen.is_under_way:
            self.follow(self._chosen.renewal)
        elif self.renewal is None and not self.pages.is_asking_for_licence:
            self._show_page(Page.ITEMS)
            if is_first:
                self.pages.items.all.setFocus()

    def _say_items(self) -> None:
        chosen = self._chosen
        if chosen is None or self._licences is None or self._renewals is None:
            return
        items, listed = self.pages.items, self._licences
        items.show_certificate(chosen, self._renewals, busy=self._is_starting)
        licence = next((one for one in listed["licences"] if _is_of(one, chosen)), None)
        uscc = licence["uscc"] if licence else chosen.uscc
        items.show_licence(chosen, licence, busy=uscc in listed["updating"])

    def _on_chosen(self, thumbprint: str) -> None:
        choices = find_choices(self._tokens or [], self._renewals or [])
        self._chosen = preferred(choices, thumbprint)
        self._say_items()

    def _on_renewal(self, renewal: Json) -> None:
        if self.renewal is not None and renewal["id"] == self.renewal["id"]:
            self.follow(renewal)
        self.link.call("renewals.list", None, self._on_renewals)

    def _start(self, *, with_licence: bool) -> None:
        """Start the certificate's renewal or join it; the agent fetches the licence along with it."""
        if self._chosen is None or self._is_starting:
            return
        self.banner.hush()
        if self._chosen.is_under_way:
            self.follow(self._chosen.renewal)
            return
        self._is_starting = True
        self._say_items()

        def refused(report: Json) -> None:
            self._is_starting = False
            self._say_items()
            self.say_refusal(report)
            if with_licence:  # the items are independent
                self._show_licence_pin()

        params = {"thumbprint": self._chosen.thumbprint}
        self.link.call("renewals.start", params, self._on_started, refused)

    def _on_started(self, renewal: Json) -> None:
        self._is_starting = False
        self.follow(renewal)
        self.link.call("renewals.list", None, self._on_renewals)

    def _ask_pin(self) -> None:
        assert self.renewal is not None
        self._shown = None
        self.follow(self.renewal)

    def _cancel(self) -> None:
        """Have it confirmed that the renewal is to be given up; keeping it is the default."""
        box = QMessageBox(self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setWindowTitle(self.words(mark("Cancel the renewal")))
        box.setText(self.words(mark("Cancel this renewal?")))
        box.setInformativeText(self.words(_CANCEL))
        yes = box.addButton(
            self.words(mark("Cancel the renewal")), QMessageBox.ButtonRole.DestructiveRole
        )
        keep = box.addButton(self.words(mark("Keep it")), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        yes.clicked.connect(self._cancel_now)
        box.finished.connect(box.deleteLater)
        box.open()

    def _cancel_now(self) -> None:
        assert self.renewal is not None
        self.pages.leave()
        self.cancel.setEnabled(False)
        self.link.call("renewals.cancel", {"id": self.renewal["id"]}, self._on_cancelled,
                       self._on_not_cancelled)  # fmt: skip

    def _on_cancelled(self, renewal: Json) -> None:
        self.cancel.setEnabled(True)
        self.follow(renewal)

    def _on_not_cancelled(self, report: Json) -> None:
        self.cancel.setEnabled(True)
        self.say_refusal(report)

    def _choice_of(self, renewal: Json) -> Choice | None:
        chosen = self._chosen
        is_it = chosen is not None and chosen.thumbprint == renewal["thumbprint"]
        return chosen if is_it else None

    def _set_up(self) -> None:
        words, pages = self.words, self.pages
        words.show(self.setWindowTitle, mark("Renew certificate"))
        words.show(self.back.setText, mark("Both items"))
        words.show(self.cancel.setText, mark("Cancel the renewal…"))
        self.back.clicked.connect(self._show_items)
        self.cancel.clicked.connect(self._cancel)
        pages.items.chosen.connect(self._on_chosen)
        pages.items.wants_all.connect(lambda: self._start(with_licence=True))
        pages.items.wants_certificate.connect(lambda: self._start(with_licence=False))
        pages.items.wants_licence.connect(self._show_licence_pin)
        pages.moved_on.connect(self.follow)
        pages.said.connect(self.banner.say)
        pages.offered.connect(self.banner.offer)
        pages.left.connect(self._show_items)
        pages.pin_wanted.connect(self._ask_pin)
        pages.licence_wanted.connect(self._show_licence_pin)
        pages.licence_done.connect(self._on_licence_done)
        pages.closed.connect(self.close)
        pages.next_wanted.connect(self._go_on_with_next)

    def _on_licence_done(self, _result: Json) -> None:
        self._show_items()
        self.link.call("licences.list", None, self._on_licences)

    def _arrange(self) -> None:
        below = QHBoxLayout()
        below.addWidget(self.back)
        below.addStretch(1)
        below.addWidget(self.cancel)
        for button in (self.back, self.cancel):
            button.setAutoDefault(False)
        self.content.addWidget(self.heading)
        self.content.addWidget(self.time_line)
        self.content.addWidget(self.pages.stack, 1)
        self.content.addLayout(below)
        self.pages.stack.currentChanged.connect(lambda _: keep_last(self, self.back, self.cancel))
        self.content.setSpacing(MEDIUM)
        self._show_page(Page.ITEMS)
        self.setMinimumSize(520, 300)
        self.fit(*_SIZE)


def _is_of(licence: Json, chosen: Choice) -> bool:
    if chosen.uscc:
        return bool(licence["uscc"] == chosen.uscc)
    return bool(licence["organisation"] == chosen.organisation)
