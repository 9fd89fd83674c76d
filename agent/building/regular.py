"""What the agent does from time to time unasked: reminds, looks for a newer version."""

from __future__ import annotations

import msgspec

from agent.building.renewals import Renewals
from agent.building.shared import Shared
from agent.building.tokens import Tokens
from agent.reminders.memory import ReminderMemory
from agent.reminders.service import ReminderRules, ReminderService
from agent.settings.quiet import quiet_hours
from agent.updates.service import UpdateService


class Regular(msgspec.Struct, frozen=True, kw_only=True):
    """What has a calendar of its own."""

    reminders: ReminderService
    updates: UpdateService


def build_regular(shared: Shared, tokens: Tokens, renewals: Renewals) -> Regular:
    """Build it; nothing is looked at before it is started."""
    return Regular(reminders=_reminders(shared, tokens, renewals), updates=_updates(shared))


def _reminders(shared: Shared, tokens: Tokens, renewals: Renewals) -> ReminderService:
    def rules() -> ReminderRules:
        settings = shared.config().reminders
        return ReminderRules(
            thresholds=settings.thresholds, quiet_hours=quiet_hours(settings.quiet_hours)
        )

    return ReminderService(
        remembered=tokens.remembered,
        memory=ReminderMemory(shared.paths.reminders, shared.damages),
        bus=shared.bus,
        clock=shared.clock,
        language=shared.language,
        rules=rules,
        costs=renewals.renewals.cost_of_waiting,
    )


def _updates(shared: Shared) -> UpdateService:
    return UpdateService(
        settings=shared.config().updates,
        network=lambda: shared.config().network,
        folder=shared.paths.updates,
        damages=shared.damages,
        bus=shared.bus,
        clock=shared.clock,
    )
