"""Where requests spend their time, for the extension's developers' mode; off until it is asked for."""

from __future__ import annotations

import time

from native_host import messages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from native_host.messages import RequestId

TRACE_METHOD = "host.trace"
MOST_REMEMBERED = 1000


class Trace:
    """Times of the requests under way. Written by both of the relay's threads, one entry at a time."""

    def __init__(self) -> None:
        self.is_on = False
        self._passed_on: dict[RequestId, tuple[float, float]] = {}
        """By id: when it came from the browser and when it had gone to the agent."""

    def switch(self, *, on: bool) -> None:
        """Begin or end."""
        self.is_on = on
        self._passed_on.clear()

    def passed_on(self, request_id: RequestId | None, came: float) -> None:
        """A request that came at ``came`` (``time.perf_counter``) has gone to the agent."""
        if self.is_on and request_id is not None and len(self._passed_on) < MOST_REMEMBERED:
            self._passed_on[request_id] = (came, time.perf_counter())

    def answered(self, request_id: RequestId) -> bytes | None:
        """Return what to tell the extension of a request that has its answer now."""
        came, gone = self._passed_on.pop(request_id, (0.0, 0.0))
        if not gone:
            return None
        host, agent = (gone - came) * 1000, (time.perf_counter() - gone) * 1000
        params = {"id": request_id, "host_ms": round(host, 3), "agent_ms": round(agent, 3)}
        return messages.notification(TRACE_METHOD, params)
