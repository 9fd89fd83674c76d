"""All pages of the window, and what each needs when it is entered, told anew, or left."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.renew.area import Area
from agent.windows.renew.choices import Choice
from agent.windows.renew.items_page import ItemsPage
from agent.windows.renew.plan import Page
from agent.windows.style import MEDIUM
from agent.windows.window import Context

if TYPE_CHECKING:
    from agent.windows.pin_asking import PinAsking
    from agent.windows.renew.dossier_page import DossierPage
    from agent.windows.renew.end_page import EndPage
    from agent.windows.renew.pin_page import PinPage
    from agent.windows.renew.secret_page import SecretPage
    from agent.windows.renew.sms_page import SmsPage
    from agent.windows.renew.token_page import TokenPage
    from agent.windows.renew.waiting_page import WaitingPage

# ruff: noqa: PLC0415 - a page is loaded and made when it is first shown: the window opens without it

_EACH_SIGNED = mark(
    "The certificate has not been issued yet. This certification authority has every question signed by "
    "the token, so each takes the PIN. You may also ask later: close this window, and open it again then."
)
_IMPORT = mark("Leave the token plugged in until the key pair has been imported.")


class Pages(QObject):
    """The pages, each in an area in which it can be scrolled. They are named as :class:`Page` has them."""

    moved_on = Signal(dict)
    """The renewal after something on a page moved it on."""
    said = Signal(str, str)
    """A sentence for the window's banner, and its kind."""
    offered = Signal(str, str, object)
    """A sentence for it, what its button says, and what that does."""
    left = Signal()
    """Back to both items."""
    pin_wanted = Signal()
    """Ask for the PIN of the renewal once more."""
    licence_wanted = Signal()
    licence_done = Signal(dict)
    closed = Signal()
    next_wanted = Signal()
    """Go on with the next certificate that is to be renewed."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._words = context.words
        self.stack = QStackedWidget()
        self._wholes: dict[QWidget, QWidget] = {}
        self._entered: set[DossierPage | PinPage] = set()
        self._tokens: list[Json] = []
        self.is_asking_for_licence = False
        self.is_in_queue = False
        """One certificate is renewed after the other: a dossier is filled in by itself where it can be."""
        self.items = ItemsPage(self._words)
        self._put(self.items)

    @cached_property
    def dossier(self) -> DossierPage:
        """The dossier's form."""
        from agent.windows.renew.dossier_page import DossierPage

        page = DossierPage(self._context)
        page.submitted.connect(self.moved_on)
        page.said.connect(self.said)
        page.offered.connect(self.offered)
        self._put(page, page.foot).widened.connect(page.fit)
        return page

    @cached_property
    def submission(self) -> PinPage:
        """The PIN that signs the application."""
        return self._make_pin_page(mark("Sign and submit the application"))

    @cached_property
    def question(self) -> PinPage:
        """The PIN that signs another question to the authority."""
        return self._make_pin_page(mark("Ask the certification authority again"))

    @cached_property
    def installation(self) -> PinPage:
        """The PIN with which the key pair is imported."""
        return self._make_pin_page(mark("Importing the key pair …"))

    @cached_property
    def licence(self) -> PinPage:
        """The PIN for the business licence alone."""
        from agent.windows.renew.pin_page import PinPage

        page = PinPage(self._words, mark("Fetch the business licence"))
        page.again.connect(self.licence_wanted)
        page.left.connect(self.left)
        page.done.connect(self.licence_done)
        self._put(page)
        return page

    @cached_property
    def waiting(self) -> WaitingPage:
        """How far the review is."""
        from agent.windows.renew.waiting_page import WaitingPage

        page = WaitingPage(self._words)
        page.next_wanted.connect(self.next_wanted)
        self._put(page)
        return page

    @cached_property
    def token(self) -> TokenPage:
        """Which token is to be plugged in."""
        from agent.windows.renew.token_page import TokenPage

        page = TokenPage(self._words)
        page.show_tokens(self._tokens)
        self._put(page)
        return page

    @cached_property
    def sms(self) -> SmsPage:
        """The code from the telephone."""
        from agent.windows.renew.sms_page import SmsPage

        page = SmsPage(self._context)
        page.released.connect(self.moved_on)
        self._put(page)
        return page

    @cached_property
    def secret(self) -> SecretPage:
        """What the authority handed out for the renewal."""
        from agent.windows.renew.secret_page import SecretPage

        page = SecretPage(self._context)
        page.given.connect(self.moved_on)
        self._put(page)
        return page

    @cached_property
    def end(self) -> EndPage:
        """What came of it."""
        from agent.windows.renew.end_page import EndPage

        page = EndPage(self._words)
        page.closed.connect(self.closed)
        page.restarted.connect(self.left)
        page.next_wanted.connect(self.next_wanted)
        self._put(page)
        return page

    def show(self, page: Page, renewal: Json | None) -> None:
        """Turn to a page; ``renewal`` is the one it is about."""
        widget = self._pin_page(renewal) if page is Page.PIN else getattr(self, page.value)
        self.stack.setCurrentWidget(self._wholes[widget])

    def show_tokens(self, tokens: list[Json]) -> None:
        """Take what is plugged in now."""
        self._tokens = tokens
        if "token" in vars(self):
            self.token.show_tokens(tokens)

    def enter(self, page: Page, renewal: Json, choice: Choice | None) -> None:
        """Have a page begin anew for a renewal; ``choice`` is what is known of its certificate."""
        if page is Page.PIN:
            self._ask_pin(renewal, choice.days_left if choice else None)
        elif page is Page.TOKEN:
            self.token.show_renewal(renewal, choice.text if choice else "")
        elif page is Page.DOSSIER:
            self._entered.add(self.dossier)
            self.dossier.enter(renewal, fills_in=self.is_in_queue)
        elif page is Page.SMS:
            self.sms.enter(renewal)
        elif page is Page.SECRET:
            self.secret.enter(renewal)
        else:
            self.update(page, renewal)

    def update(self, page: Page, renewal: Json) -> None:
        """Tell a page that is shown what is new of its renewal."""
        if page is Page.WAITING:
            self.waiting.show_renewal(renewal)
        elif page is Page.END:
            self.end.show_renewal(renewal)
        elif page is Page.PIN:
            self._pin_page(renewal).show_error(renewal)

    def leave(self) -> None:
        """Keep what was typed, and let go of whatever waits for a PIN."""
        self.is_asking_for_licence = False
        while self._entered:
            self._entered.pop().leave()

    def ask_for_licence(self, thumbprint: str) -> None:
        """Update the licence by itself; a PIN is asked for where no application is open."""
        asking = self._asking("licences.update", thumbprint=thumbprint)
        self.is_asking_for_licence = True
        self._entered.add(self.licence)
        self.licence.ask(asking)
        self.stack.setCurrentWidget(self._wholes[self.licence])

    def _ask_pin(self, renewal: Json, days_left: int | None) -> None:
        page = self._pin_page(renewal)
        self._entered.add(page)
        note = self._words(_IMPORT)
        if page is self.submission:
            note = "\n".join(filter(None, (self._expired(days_left), renewal["note_text"])))
        elif page is not self.installation:
            note = self._words(_EACH_SIGNED)
        page.ask(self._asking("renewals.pin", id=renewal["id"]), note)
        page.show_error(renewal)

    def _expired(self, days_left: int | None) -> str:
        """Return the guide's sentence, which comes before the PIN of an expired certificate."""
        if days_left is None or days_left >= 0:
            return ""
        return self._words.counted(
            "Your digital certificate expired {count} day ago. Please renew it now! "
            "An expired certificate cannot be used for signing or log-in.",
            "Your digital certificate expired {count} days ago. Please renew it now! "
            "An expired certificate cannot be used for signing or log-in.",
            -days_left,
        )

    def _pin_page(self, renewal: Json) -> PinPage:
        if renewal["state"] == "issuing":
            return self.question
        return self.submission if renewal["state"] == "signing" else self.installation

    def _asking(self, method: str, **params: str) -> PinAsking:
        from agent.windows.pin_asking import PinAsking

        def prompt_in(answer: Json) -> Json | None:
            return answer["pin"] if method == "licences.update" else answer

        return PinAsking(self._context.link, method, dict(params), prompt_in=prompt_in)

    def _make_pin_page(self, heading: str) -> PinPage:
        from agent.windows.renew.pin_page import PinPage

        page = PinPage(self._words, heading)
        page.again.connect(self.pin_wanted)
        page.left.connect(self.left)
        self._put(page)
        return page

    def _put(self, page: QWidget, below: QWidget | None = None) -> Area:
        """Make a page one of these; ``below`` stays in sight under what is scrolled."""
        area = Area(page)
        self._wholes[page] = area if below is None else _above(area, below)
        self.stack.addWidget(self._wholes[page])
        return area


def _above(area: Area, below: QWidget) -> QWidget:
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(MEDIUM)
    column.addWidget(area, 1)
    column.addWidget(below)
    return whole
