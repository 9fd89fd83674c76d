"""What clients see of reminders."""

from __future__ import annotations

from agent.api.views.certificates import CertificateView
from agent.api.views.large import Large
from agent.reminders.rules import Reminder


class ReminderList(Large, frozen=True, kw_only=True):
    """The answer to ``reminders.list``."""

    reminders: tuple[Reminder, ...]


class SilencedList(Large, frozen=True, kw_only=True):
    """The answer to ``reminders.silenced``."""

    certificates: tuple[CertificateView, ...]
