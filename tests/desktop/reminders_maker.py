"""Reminders and renewals as the agent raises them."""

from __future__ import annotations

import msgspec
from renewal_maker import new_renewal

from agent.reminders.rules import Reminder
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State, Waiting

EXPIRED = "您的数字证书已过期961天,请及时更新数字证书!过期后将不能用于电子签名或登录,请尽快更新!"
REMINDERS = tuple(
    Reminder(
        thumbprint=f"{number:064x}",
        title=f"深圳市样例{name}有限公司的数字证书",
        text=EXPIRED,
        is_expired=True,
    )
    for number, name in enumerate(["", *range(1, 60)])
)


def renewal(name: str, state: State, waiting: Waiting | None = None) -> Renewal:
    """The renewal called ``name`` in another state; of the first reminder's certificate."""
    return msgspec.structs.replace(
        new_renewal(), id=name, thumbprint=REMINDERS[0].thumbprint, state=state, waiting=waiting
    )
