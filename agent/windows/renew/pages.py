"""All pages of the window, and what each needs when it is entered, told anew, or left."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget

from agent.api.client import Json
from agent.language import mark
from agent.windows.pin_asking import PinAsking
from agent.windows.renew.area import Area
from agent.windows.renew.dossier_page import DossierPage
from agent.windows.renew.end_page import EndPage
from agent.windows.renew.items_page import ItemsPage
from agent.windows.renew.pin_page import PinPage
from agent.windows.renew.plan import Page
from agent.windows.renew.sms_page import SmsPage
from agent.windows.renew.waiting_page import WaitingPage
from agent.windows.window import Context

_IMPORT = mark("Leave the token plugged in until the key pair has been imported.")


class Pages:
    """The pages, each in an area in which it can be scrolled."""

    def __init__(self, context: Context) -> None:
        words = self._words = context.words
        self._link = context.link
        self.items = ItemsPage(words)
        self.dossier = DossierPage(context)
        self.submission = PinPage(words, mark("Sign and submit the application"))
        self.installation = PinPage(words, mark("Importing the key pair …"))
        self.licence = PinPage(words, mark("Fetch the business licence"))
        self.waiting = WaitingPage(words)
        self.sms = SmsPage(context)
        self.end = EndPage(words)
        self.pin = QStackedWidget()
        self.pin.addWidget(self.submission)
        self.pin.addWidget(self.installation)
        self.licence_area = Area(self.licence)
        self.is_asking_for_licence = False
        self.areas = {
            Page.ITEMS: Area(self.items),
            Page.DOSSIER: Area(self.dossier),
            Page.PIN: Area(self.pin),
            Page.WAITING: Area(self.waiting),
            Page.SMS: Area(self.sms),
            Page.END: Area(self.end),
        }
        self.areas[Page.DOSSIER].widened.connect(self.dossier.fit)

    def enter(self, page: Page, renewal: Json, days_left: int | None) -> None:
        """Have a page begin anew for a renewal."""
        if page is Page.PIN:
            self._ask_pin(renewal, days_left)
        elif page is Page.DOSSIER:
            self.dossier.enter(renewal)
        elif page is Page.SMS:
            self.sms.enter(renewal)
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
        self.dossier.leave()
        self.is_asking_for_licence = False
        for page in (self.submission, self.installation, self.licence):
            page.decline()

    def ask_for_licence(self, asking: PinAsking) -> None:
        """Update the licence by itself; a PIN is asked for where no application is open."""
        self.is_asking_for_licence = True
        self.licence.ask(asking)

    def _ask_pin(self, renewal: Json, days_left: int | None) -> None:
        page = self._pin_page(renewal)
        self.pin.setCurrentWidget(page)
        note = self._words(_IMPORT)
        if page is self.submission:
            note = self._expired(days_left)
        page.ask(PinAsking(self._link, "renewals.pin", {"id": renewal["id"]}), note)
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
        return self.submission if renewal["state"] == "signing" else self.installation
