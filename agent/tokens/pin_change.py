"""Changing a token's PIN (修改PIN码)."""

from __future__ import annotations

import logging

from agent.ground.bus import Event, EventBus
from agent.ground.errors import OdcError
from agent.tokens.model import TokenReference
from agent.tokens.pin_sessions import AskedPin, PinSessions, PinWish
from agent.tokens.pin_states import PinPurpose
from agent.tokens.supervisor import PinSession

log = logging.getLogger(__name__)


class PinChanged(Event, frozen=True, kw_only=True, tag="pin_changed"):
    """A token has another PIN."""

    token: TokenReference


class PinChange:
    """Offers to change PINs. Who types them learns the outcome from the worker itself."""

    def __init__(self, sessions: PinSessions, bus: EventBus) -> None:
        self._sessions = sessions
        self._bus = bus

    async def ask(self, token: TokenReference, *, accepts_final_try: bool) -> AskedPin:
        """Return where the old and the new PIN are to be sent; see :meth:`PinSessions.ask`."""

        async def nothing_more(_session: PinSession) -> TokenReference:
            # CKR_OK of C_SetPIN is proof enough; to log in with the new PIN would be another try.
            return token

        wish = PinWish(token=token, purpose=PinPurpose.CHANGE, accepts_final_try=accepts_final_try)
        return await self._sessions.ask(wish, nothing_more, self._done)

    def _done(self, outcome: TokenReference | OdcError) -> None:
        if isinstance(outcome, TokenReference):
            log.info("PIN changed token=%s", outcome.label)
            self._bus.publish(PinChanged(token=outcome))
