"""What holds for every request of a page, whatever it is for: origin, rate, withdrawal, a line in the log."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Protocol, TypeVar

import msgspec

from agent.api.methods.browser_watches import Waiting
from agent.api.methods.refusals import Refusals
from agent.api.registry import Call
from agent.ground.errors import OdcError
from agent.sites.consent import Consent
from agent.sites.origins import is_origin

log = logging.getLogger(__name__)

Origin = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class SiteRequest(Protocol):
    """Parameters of every method of a page."""

    @property
    def origin(self) -> str:
        """The page's origin as the browser gave it to the extension."""


P = TypeVar("P", bound=SiteRequest)
Handler = Callable[[Call, P], Coroutine[Any, Any, object]]


class SiteServing:
    """Serves the requests of all pages; those that wait may be withdrawn."""

    def __init__(self, consent: Consent) -> None:
        self._consent = consent
        self._refusals = Refusals()
        self.waiting = Waiting()

    def served(self, name: str, handler: Handler[P]) -> Handler[P]:
        """Return ``handler``, called ``name`` in the log, with what holds for all."""

        async def serve(call: Call, params: P) -> object:
            outcome = "interrupted"
            try:
                answer = await self.waiting.run(
                    call, params.origin, functools.partial(self._admitted, handler, call, params)
                )
                outcome = "answered"
            except OdcError as error:
                outcome = error.code
                raise
            finally:
                origin = params.origin if is_origin(params.origin) else "invalid"
                if outcome == "answered":
                    log.info("site request origin=%s method=%s outcome=answered", origin, name)
                else:
                    self._refusals.note(origin, name, outcome)
            return answer

        return serve

    async def _admitted(self, handler: Handler[P], call: Call, params: P) -> object:
        await self._consent.admit(params.origin)
        return await handler(call, params)
