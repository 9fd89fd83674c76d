"""What clients see of reminders."""

from __future__ import annotations

import msgspec

from agent.api.views.certificates import CertificateView
from agent.reminders.rules import Reminder


class ReminderList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``reminders.list``."""

    reminders: tuple[Reminder, ...]


class SilencedList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``reminders.silenced``."""

    certificates: tuple[CertificateView, ...]
