"""Notices, and who shows them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Protocol

import msgspec

from agent.certificates.days import CertificateStatus


class Button(msgspec.Struct, frozen=True):
    """Something that can be pressed."""

    key: str
    label: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown."""

    title: str
    text: str
    buttons: tuple[Button, ...] = ()
    """The first is also what a click on the notice itself does."""
    is_urgent: bool = False
    seal: CertificateStatus = CertificateStatus.EXPIRING
    """The picture beside it, the tray icon's: green for good news, amber for a warning, red for bad."""


MARKUP = "body-markup"
"""What daemons can do that take a notice's text for mark-up (Desktop Notifications Specification 1.2)."""
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def escaped(text: str, able: Collection[str]) -> str:
    """Return a text that a daemon with these capabilities shows letter by letter.

    A notice's title is mark-up to none of them.
    """
    return text.translate(_ESCAPED) if MARKUP in able else text


class Listener(msgspec.Struct, frozen=True):
    """Who is told what becomes of notices; each has a slot, in which there is one at a time."""

    pressed: Callable[[str, str], None]
    """Slot and key of a button that was pressed; the notice is gone then."""
    closed: Callable[[str], None]
    """Slot of a notice that is gone."""


class NotShownError(Exception):
    """A notice could not be shown; the text says why, in the words of who was to show it."""


class NoButtonsError(NotShownError):
    """Here nothing draws buttons; ``able`` is what the notification daemon there is can do."""

    def __init__(self, reason: str, able: Iterable[str] = ()) -> None:
        super().__init__(reason)
        self.able = tuple(able)


class Display(Protocol):
    """Shows notices."""

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` what becomes of notices."""

    async def show(self, slot: str, notice: Notice) -> bool:
        """Show a notice in place of the slot's last; return whether its end will be told.

        Raises:
            NotShownError
        """

    async def withdraw(self, slot: str) -> None:
        """Take the slot's notice off the screen."""

    async def close(self) -> None:
        """Let go of the desktop; what is shown stays."""
