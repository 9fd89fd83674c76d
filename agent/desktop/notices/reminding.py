"""Reminders on the screen: one notice for all of them, with 立即更新 and 稍后提醒.

What is due at the same moment is told as one: sixty tokens are one notice, not sixty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from agent.certificates.days import CertificateStatus
from agent.desktop.notices.board import NoticeBoard, Posted
from agent.desktop.notices.model import Button, Notice
from agent.ground.bus import Event
from agent.ground.language import Language, mark, translate, translate_count
from agent.remembered.model import Forgotten
from agent.remembered.service import PairsForgotten
from agent.reminders.rules import Later, Reminder
from agent.reminders.service import ReminderRaised, ReminderTakenBack
from agent.renewals.journal.record import RenewalChanged
from agent.renewals.journal.states import State

SLOT = "reminders"
FORGOTTEN_SLOT = "forgotten"
MOST_NAMED = 3
"""Pairs that are named in one notice."""
GATHER_SECONDS = 0.5
"""How long after a reminder others are waited for, which are told along with it."""
RENEW, LATER, NEVER, UNDO = "renew", "later", "never", "undo"

_LATER_LABELS = {
    Later.DAY: mark("Tomorrow"),
    Later.WEEK: mark("In a week"),
    Later.INSERTION: mark("When plugged in"),
}


class ReminderNotices:
    """Shows reminders, and does what is pressed on them."""

    def __init__(
        self,
        board: NoticeBoard,
        *,
        language: Callable[[], Language],
        open_window: Callable[[str, str | None], None],
        put_off: Callable[[Collection[str], Later], None],
        resume: Callable[[str], None],
    ) -> None:
        self._board = board
        self._language = language
        self._open_window = open_window
        self._put_off = put_off
        self._resume = resume
        self._open: dict[str, Reminder] = {}
        """What the notice on the screen, or the next one, is about, by thumbprint."""
        self._timer: asyncio.TimerHandle | None = None

    def on_event(self, event: Event) -> None:
        """Take a reminder up, or off the screen once its certificate is renewed."""
        if isinstance(event, ReminderRaised):
            self._open[event.reminder.thumbprint] = event.reminder
            self._show_soon()
        elif isinstance(event, PairsForgotten):
            self._tell_forgotten(event)
        elif isinstance(event, ReminderTakenBack):
            self._drop(event.thumbprint)
        elif isinstance(event, RenewalChanged) and event.renewal.state is State.INSTALLED:
            self._drop(event.renewal.thumbprint)

    def close(self) -> None:
        """Show nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _drop(self, thumbprint: str) -> None:
        """Take one off the notice, where it is on it."""
        if self._open.pop(thumbprint, None) is not None:
            self._show_soon()

    def _show_soon(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(GATHER_SECONDS, self._show)

    def _show(self) -> None:
        self._timer = None
        reminders = tuple(self._open.values())
        if not reminders:
            self._board.withdraw(SLOT)
            return
        notice = reminder_notice(reminders, self._language())
        self._board.post(
            SLOT, Posted(notice=notice, pressed=self._on_pressed, closed=self._open.clear)
        )

    def _tell_forgotten(self, event: PairsForgotten) -> None:
        """Say what is no longer on its token, and take it off the notice that reminds of it."""
        was_shown = [self._open.pop(one.thumbprint, None) for one in event.forgotten]
        if any(was_shown):
            self._show_soon()
        notice = forgotten_notice(event.forgotten, self._language())
        open_main = Posted(notice=notice, pressed=lambda _key: self._open_window("main", None))
        self._board.post(FORGOTTEN_SLOT, open_main)

    def _on_pressed(self, key: str) -> None:
        opened = tuple(self._open.values())
        thumbprints, self._open = list(self._open), {}
        if key == NEVER:
            self._silence(opened[0])
        elif key == LATER:
            self._put_off(thumbprints, Later.DAY)  # until it is said how long
            self._ask_how_long(thumbprints)
        elif len(thumbprints) == 1:
            self._open_window("renew", thumbprints[0])
        else:
            self._open_window("main", None)

    def _silence(self, reminder: Reminder) -> None:
        """Remind of it no more, and say how that is taken back."""
        self._put_off([reminder.thumbprint], Later.NEVER)

        def pressed(_key: str) -> None:
            self._resume(reminder.thumbprint)

        notice = silenced_notice(reminder, self._language())
        self._board.post(SLOT, Posted(notice=notice, pressed=pressed, closed=self._open.clear))

    def _ask_how_long(self, thumbprints: list[str]) -> None:
        def chosen(key: str) -> None:
            self._put_off(thumbprints, Later(key))

        notice = later_notice(self._language())
        self._board.post(SLOT, Posted(notice=notice, pressed=chosen, closed=self._open.clear))


def reminder_notice(reminders: tuple[Reminder, ...], language: Language) -> Notice:
    """Return the notice for one reminder in the guide's words, or the summary of several."""
    later = Button(LATER, translate(mark("Remind me later"), language))
    if len(reminders) == 1:
        [reminder] = reminders
        renew = Button(RENEW, translate(mark("Renew now"), language))
        never = Button(NEVER, translate(mark("Do not remind again"), language))
        return Notice(
            title=reminder.title,
            text=reminder.text,
            # Who has the token in front of them need not say that it is gone.
            buttons=(renew, later, never) if reminder.token else (renew, later),
            is_urgent=True,
            seal=_seal(reminders),
        )
    return Notice(
        title=translate(mark("Certificate Manager"), language),
        text=translate_count(
            "{count} digital certificate has expired or will soon. Please renew it now!",
            "{count} digital certificates have expired or will soon. Please renew them now!",
            len(reminders),
            language,
        ),
        buttons=(Button(RENEW, translate(mark("Show"), language)), later),
        is_urgent=True,
        seal=_seal(reminders),
    )


def _seal(reminders: tuple[Reminder, ...]) -> CertificateStatus:
    """Return the worst of them, as the tray icon shows it."""
    has_expired = any(reminder.is_expired for reminder in reminders)
    return CertificateStatus.EXPIRED if has_expired else CertificateStatus.EXPIRING


def silenced_notice(reminder: Reminder, language: Language) -> Notice:
    """Return what is said once a certificate is not to be reminded of any more."""
    return Notice(
        title=reminder.title,
        text=translate(
            mark("You are not reminded of it any more. Settings can take that back."), language
        ),
        buttons=(Button(UNDO, translate(mark("Undo"), language)),),
        seal=CertificateStatus.VALID,
    )


def forgotten_notice(forgotten: tuple[Forgotten, ...], language: Language) -> Notice:
    """Return what is said of pairs that are no longer on their token."""
    sentence = mark("The token “{label}” no longer holds the certificate of {organisation}.")
    said = [
        translate(sentence, language, label=one.label, organisation=one.organisation)
        for one in forgotten[:MOST_NAMED]
    ]
    said.append(translate(mark("You are no longer reminded of what is gone."), language))
    return Notice(
        title=translate(mark("Certificate Manager"), language),
        text="\n".join(said),
        buttons=(Button("main", translate(mark("Show"), language)),),
    )


def later_notice(language: Language) -> Notice:
    """Return the question how long to put a reminder off; unanswered it means a day."""
    return Notice(
        title=translate(mark("When do you want to be reminded again?"), language),
        text=translate(mark("Without an answer tomorrow."), language),
        buttons=tuple(
            Button(later.value, translate(label, language))
            for later, label in _LATER_LABELS.items()
        ),
    )
