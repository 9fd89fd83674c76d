"""What becomes of renewals, on the screen: the review's result, what is to be entered, the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from agent.certificates.days import CertificateStatus
from agent.desktop.notices.board import NoticeBoard, Posted
from agent.desktop.notices.model import Button, Notice
from agent.ground.bus import Event
from agent.ground.language import Language, mark, translate
from agent.renewals.journal.record import Renewal, RenewalChanged
from agent.renewals.progress import Phase, news_of, phase_of
from agent.renewals.wording import renewal_text

CONTINUE = "continue"
QUIET_SECONDS = 60.0
"""How often it is looked whether quiet hours are over, while something waits for that."""


class RenewalNotices:
    """Tells each thing once. What a renewal was at the start of the agent was told before."""

    def __init__(
        self,
        board: NoticeBoard,
        renewals: Iterable[Renewal],
        *,
        language: Callable[[], Language],
        is_quiet: Callable[[], bool],
        open_window: Callable[[str, str | None], None],
        is_shown: Callable[[str, str], bool],
    ) -> None:
        """Tell on ``board``, unless ``is_shown`` says that a window in front shows it anyway.

        Both window functions take a window's name and a thumbprint.
        """
        self._board = board
        self._language = language
        self._is_quiet = is_quiet
        self._open_window = open_window
        self._is_shown = is_shown
        self._told: dict[str, Phase | None] = {r.id: phase_of(r) for r in renewals}
        self._held: dict[str, Renewal] = {}
        """What is told when quiet hours are over."""
        self._timer: asyncio.TimerHandle | None = None

    def on_event(self, event: Event) -> None:
        """Tell what is new of a renewal."""
        if not isinstance(event, RenewalChanged):
            return
        renewal = event.renewal
        news = news_of(self._told.get(renewal.id), renewal)
        self._told[renewal.id] = phase_of(renewal)
        if news is not None:
            self._held[renewal.id] = renewal
            self._tell_held()
        elif phase_of(renewal) is None:
            # It goes on: somebody has done what the notice asked for.
            self._held.pop(renewal.id, None)
            self._board.withdraw(_slot(renewal))

    def close(self) -> None:
        """Tell nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def _tell_held(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._held and self._is_quiet():
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(QUIET_SECONDS, self._tell_held)
            return
        held, self._held = self._held, {}
        for renewal in held.values():
            self._tell(renewal)

    def _tell(self, renewal: Renewal) -> None:
        def pressed(_key: str) -> None:
            self._open_window("renew", renewal.thumbprint)

        if self._is_shown("renew", renewal.thumbprint):
            self._board.withdraw(_slot(renewal))
            return
        notice = renewal_notice(renewal, self._language())
        self._board.post(_slot(renewal), Posted(notice=notice, pressed=pressed))


def renewal_notice(renewal: Renewal, language: Language) -> Notice:
    """Return the notice about where a renewal stands."""
    go_on = Button(CONTINUE, translate(mark("Continue"), language))
    return Notice(
        title=translate(
            mark("Certificate renewal of {organisation}"),
            language,
            organisation=renewal.organisation,
        ),
        text=renewal_text(renewal, language),
        buttons=() if renewal.has_ended else (go_on,),
        seal=_seal(phase_of(renewal)),
    )


def _seal(phase: Phase | None) -> CertificateStatus:
    if phase in {Phase.APPROVED, Phase.INSTALLED}:
        return CertificateStatus.VALID
    return CertificateStatus.EXPIRED if phase is Phase.FAILED else CertificateStatus.EXPIRING


def _slot(renewal: Renewal) -> str:
    return f"renewal {renewal.id}"
