"""The main window put together."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.api.listed import all_tokens, leads
from agent.ground.language import Language, mark
from agent.tokens.wording import FACTORY_PIN
from agent.windows.main.drawer_actions import DrawerActions
from agent.windows.main.information import CertificateInformation
from agent.windows.main.nothing import NothingHere
from agent.windows.main.order import MANY_TOKENS, to_renew
from agent.windows.main.portals import Portals
from agent.windows.main.toolbar import Toolbar
from agent.windows.main.tree import TokenTree
from agent.windows.scrolling import scrolled
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.tab_order import keep_last
from agent.windows.texts import Label, ValueLabel
from agent.windows.window import Context, Window

LOW = 460
"""A window lower than that is one on a small screen."""
CALM_MS = 150
"""Events that come together, as when a token is plugged in, are answered once."""
_EVENTS = (
    "token_inserted", "token_removed", "tokens_changed", "renewal", "pin_changed",
    "remembered_changed", "reminders_changed", "settings_changed",
)  # fmt: skip


class MainWindow(Window):
    """Toolbar, banner, tokens, one certificate, portals."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._tokens: list[Json] = []
        self._listed: Json = None
        self._factory_pins: set[str] = set()
        """Serial numbers of tokens that have the PIN they were made with, as was told."""
        self._details: Json = None
        self._calm = QTimer(self, singleShot=True, interval=CALM_MS)
        self._calm.timeout.connect(self.refresh)
        self.toolbar = Toolbar(self.words)
        self.search = QLineEdit()
        self.tree = TokenTree(self.words)
        self.reload = QPushButton()
        self.export_all = QPushButton()
        self.renew_all = QPushButton()
        self.problems = ValueLabel()
        self.right = QStackedWidget()
        self.portals = Portals(self.words)
        self.drawer = DrawerActions(self, self.tree)
        self._set_up()
        self._arrange()
        self.refresh()
        self.link.call("portals.list", None, self.portals.show_portals)

    @cached_property
    def information(self) -> CertificateInformation:
        """The page of a certificate; made, as the other, when it is first shown."""
        page = CertificateInformation(self.words)
        page.details_wanted.connect(self._show_details)
        page.export_wanted.connect(self._ask_where)
        page.renew_wanted.connect(lambda: self._open("renew"))
        self.drawer.serve(page.drawer)
        return page

    @cached_property
    def nothing(self) -> NothingHere:
        """The page without a certificate."""
        page = NothingHere(self.words)
        page.check_wanted.connect(lambda: self._open("check"))
        page.read_wanted.connect(self.read_anew)
        return page

    def refresh(self) -> None:
        """Show what the agent has read last."""
        self.link.call("tokens.list", None, self._show_tokens)

    def read_anew(self) -> None:
        """Have all tokens read (刷新)."""
        self.reload.setEnabled(False)
        self.link.call("tokens.list", {"refresh": True}, self._show_tokens, self._not_read)

    def on_event(self, event: Json) -> None:
        """Follow what is plugged in and out."""
        if event["event"] in _EVENTS:
            self._calm.start()
        elif event["event"] == "settings_changed":
            self._calm.start()  # what is wrong with the files is shown, too
            if "portal" in event["keys"]:
                self.link.call("portals.list", None, self.portals.show_portals)

    def show_subject(self, subject: str) -> None:
        """Show the certificate with this thumbprint."""
        super().show_subject(subject)
        self.tree.choose(subject)

    def export_to(self, file: Path, details: Json) -> None:
        """Write the certificate with these details, which need not be shown any more."""
        from agent.windows.main.exporting import write  # noqa: PLC0415 - when asked for

        try:
            write(details, file)
        except OSError as error:
            self._say_not_written(file, error)
        else:
            self.banner.say(self.words(mark("Saved as {file}."), file=str(file)), "good")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Do without the guide's banner where there is hardly room for the rest."""
        self.masthead.setVisible(event.size().height() >= LOW)
        super().resizeEvent(event)

    def _set_up(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("Certificate Manager"))
        words.show(self.reload.setText, mark("Refresh"))
        words.show(self.export_all.setText, mark("Export the list"))
        self.export_all.clicked.connect(self._ask_where_to_list)
        self.export_all.hide()
        self.renew_all.clicked.connect(self._renew_all)
        self.renew_all.hide()
        words.show(self.search.setPlaceholderText, mark("Search by name or number"))
        words.show(self.search.setAccessibleName, mark("Search by name or number"))
        self.search.textChanged.connect(self.tree.search)
        self.search.hide()
        set_kind(self.problems, "warning")
        self.problems.hide()
        self.reload.clicked.connect(self.read_anew)
        self.tree.chosen.connect(self._show_chosen)
        self.tree.itemActivated.connect(lambda *_: self._show_details())
        self.toolbar.wanted.connect(self._open)
        QShortcut(QKeySequence.StandardKey.Refresh, self, self.read_anew)
        QShortcut(QKeySequence.StandardKey.Find, self, self._search)
        QShortcut(QKeySequence.StandardKey.HelpContents, self, lambda: self._open("help"))

    def _arrange(self) -> None:
        """Put all in place from outside in: what is put somewhere is styled with all that is in it."""
        whole = self.layout()
        assert isinstance(whole, QVBoxLayout)
        self.masthead = QFrame()
        whole.insertWidget(0, self.toolbar)
        whole.insertWidget(1, self.masthead)
        self._arrange_masthead()
        inside, parts = QWidget(), QSplitter(Qt.Orientation.Horizontal)
        self.left = left = QWidget()
        self.content.setContentsMargins(0, 0, 0, 0)
        self.content.addWidget(scrolled(inside), 1)
        column = QVBoxLayout(inside)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, LARGE)
        column.setSpacing(MEDIUM)
        column.addWidget(parts, 1)
        column.addWidget(self.portals)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(MEDIUM)
        parts.addWidget(left)
        parts.addWidget(self.right)
        parts.setStretchFactor(0, 1)
        parts.setStretchFactor(1, 1)
        parts.setSizes([460, 460])
        self._arrange_left(left)
        self.fit(980, 660)

    def _arrange_masthead(self) -> None:
        """Fill the guide's banner, in the language of the window and below it in the other."""
        title, below = Label(), Label()
        set_kind(self.masthead, "masthead")
        set_kind(title, "title")
        set_kind(below, "subtitle")
        name = mark("Organizations Digital Certificate")
        self.words.show(title.setText, name)
        self.words.show(lambda _: below.setText(self._in_the_other(name)), name)
        column = QVBoxLayout(self.masthead)
        column.setContentsMargins(LARGE, SMALL, LARGE, SMALL)
        column.setSpacing(0)
        column.addWidget(title)
        column.addWidget(below)

    def _in_the_other(self, name: str) -> str:
        is_chinese = self.words.language is Language.ZH
        return self.words.in_language(name, Language.EN if is_chinese else Language.ZH)

    def _arrange_left(self, left: QWidget) -> None:
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        for widget in (self.search, self.tree, self.problems):
            column.addWidget(widget)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        for button in (self.reload, self.export_all):
            buttons.addWidget(button, 1)
        column.addWidget(self.renew_all)
        column.addLayout(buttons)

    def _show_tokens(self, listed: Json) -> None:
        self._listed = listed
        self._tokens = all_tokens(listed)
        self.reload.setEnabled(True)
        self.export_all.setVisible(bool(self._tokens))
        due = len(to_renew(self._tokens))
        self.renew_all.setVisible(due > 1)
        self.renew_all.setText(self.words(mark("Renew these {count}, one by one"), count=due))
        self.search.setVisible(len(self._tokens) >= MANY_TOKENS)
        if self.search.isHidden():
            self.search.clear()
        else:
            self.search.setClearButtonEnabled(True)  # its picture takes a while to be found
        suffix = "_zh" if self.words.language is Language.ZH else ""
        said = [problem[f"message{suffix}"] for problem in listed["problems"]]
        self.problems.show_value("\n".join(said))
        self.problems.setVisible(bool(said))
        self.left.setVisible(bool(self._tokens or said))  # an empty list says nothing
        self._offer_another_pin(listed["tokens"])
        self.tree.show_tokens(self._tokens)
        self.tree.search(self.search.text())
        if self.subject:
            self.tree.choose(self.subject)
            self.subject = ""

    def _offer_another_pin(self, tokens: list[Json]) -> None:
        """Tell once of each token that still has the PIN it was made with."""
        factory = [token for token in tokens if token["is_factory_pin"]]
        news = [token for token in factory if token["serial"] not in self._factory_pins]
        self._factory_pins = {token["serial"] for token in factory}
        if news:
            told = f"{news[0]['label']}: {self.words(FACTORY_PIN)}"
            action = self.words(mark("Change PIN"))
            self.banner.offer(told, action, lambda: self._open("pin"), "warning")

    def _not_read(self, report: Json) -> None:
        self.reload.setEnabled(True)
        self.say_refusal(report)

    def _show_chosen(self, thumbprint: str) -> None:
        if self._details and self._details["thumbprint"] != thumbprint:
            self._details = None  # what is read anew of the same certificate stays at hand
        certificate = self.tree.certificate
        if certificate is None:
            self.nothing.show_tokens(len(self._tokens))
            self._turn_to(self.nothing)
            return
        self._allow_details()
        token = self.tree.token
        assert token is not None
        self.information.show_certificate(certificate, token)
        self._turn_to(self.information)
        params = {"thumbprint": thumbprint}
        self.link.call("certificates.get", params, self._take_details, lambda _report: None)

    def _turn_to(self, page: QWidget) -> None:
        """Show a page at the right."""
        if self.right.indexOf(page) < 0:
            self.right.addWidget(page)
            keep_last(self, *self.portals.buttons)  # which may be there before it
        self.right.setCurrentWidget(page)

    def _take_details(self, details: Json) -> None:
        certificate = self.tree.certificate
        if certificate and certificate["thumbprint"] == details["thumbprint"]:
            self._details = details
            self.information.show_details(details)
            self._allow_details()

    def _allow_details(self) -> None:
        """Offer what needs the details once they are there."""
        for button in (self.information.details, self.information.export):
            button.setEnabled(bool(self._details))

    def _show_details(self) -> None:
        from agent.windows.main.details import DetailsDialog  # noqa: PLC0415 - when asked for

        if self._details:
            DetailsDialog(self, self.words, self._details).open()

    def _ask_where(self) -> None:
        from agent.windows.main.exporting import ask_where  # noqa: PLC0415 - when asked for

        if details := self._details:  # they stay those, whatever is chosen meanwhile
            save = partial(self.export_to, details=details)
            ask_where(self, self.words(mark("Export")), self.tree.certificate, save)

    def _ask_where_to_list(self) -> None:
        from agent.windows.main.exporting import ask_where_to_list  # noqa: PLC0415 - when asked for

        ask_where_to_list(self, self.words(mark("Export the list")), self.export_list_to)

    def export_list_to(self, file: Path) -> None:
        """Write the list of all certificates: a calendar where the file is named as one, else a table."""
        from agent.windows.main.list_export import with_list  # noqa: PLC0415 - when asked for

        with_list(Context(self.link, self.words), self._listed, file, self._write)

    def _write(self, file: Path, content: bytes) -> None:
        try:
            file.write_bytes(content)
        except OSError as error:
            self._say_not_written(file, error)
        else:
            self.banner.say(self.words(mark("Saved as {file}."), file=str(file)), "good")

    def _say_not_written(self, file: Path, error: OSError) -> None:
        sentence = mark("The file {file} cannot be written: {reason}")
        reason = error.strerror or str(error)
        self.banner.say(self.words(sentence, file=file.name, reason=reason), "bad")

    def _renew_all(self) -> None:
        """Begin with what ends first; the renewal's window leads from each to the next."""
        first = next(iter(to_renew(self._tokens)), None)
        if first is not None:
            self.link.call("windows.open", {"name": "renew", "subject": first["thumbprint"]})

    def _search(self) -> None:
        if self.search.isVisible():
            self.search.setFocus()

    def _open(self, name: str) -> None:
        """Have the agent open another window."""
        window = "about" if name == "upgrade" else name
        params = {"name": window}
        if name == "upgrade":
            params["subject"] = "updates"
        if window in ("renew", "sign") and (thumbprint := self._signing()):
            params["subject"] = thumbprint
        self.link.call("windows.open", params)

    def _signing(self) -> str:
        """Return the signing certificate of the pair that is chosen; empty where there is none."""
        chosen, token = self.tree.certificate, self.tree.token
        if chosen is None or token is None:
            return ""
        fitting = (lead for lead in leads(token) if lead["pair"] == chosen["pair"])
        return next((str(lead["thumbprint"]) for lead in fitting if lead["use"] == "signing"), "")
