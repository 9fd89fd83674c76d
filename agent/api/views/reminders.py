"""What clients see of reminders."""

from __future__ import annotations

import msgspec

from agent.reminders.rules import Reminder


class ReminderList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``reminders.list``."""

    reminders: tuple[Reminder, ...]
