"""The relay: what the browser sends goes to the agent, what the agent sends goes to the browser.

It understands no more than ids, so that new methods need no new host. It never logs contents.
"""

from __future__ import annotations

import time

from agent import __version__
from agent.ground.framing import FrameTooLargeError
from agent.system.starting import AgentMissingError
from native_host import messages
from native_host.channel import Channel, TruncatedError, take_over_stdio
from native_host.link import AgentLink, ProtocolMismatchError
from native_host.messages import MalformedError, Request
from native_host.trace import TRACE_METHOD, Trace

STATUS_METHOD = "host.status"
CAPABILITIES = [STATUS_METHOD, TRACE_METHOD]
START_AGAIN_AFTER = 10.0
"""Seconds after a failed start in which requests do not wait for another one."""


class Relay:
    """One browser, one agent; ``run`` lasts as long as the browser keeps the channel open."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._link: AgentLink | None = None
        self._start_failed_at: float | None = None
        self._trace = Trace()

    def run(self) -> int:
        """Relay until the browser ends its input; return the exit code."""
        try:
            for payload in self._channel.frames():
                self._handle(payload)
        except FrameTooLargeError:
            return self._refuse("request_too_large", messages.INVALID_REQUEST)
        except MalformedError:
            return self._refuse("invalid_request", messages.PARSE_ERROR)
        except (TruncatedError, BrokenPipeError):
            return 1
        finally:
            if self._link:
                self._link.close()
        return 0

    def _handle(self, payload: bytes) -> None:
        came = time.perf_counter()
        request = messages.parse_request(payload)
        if request.method in CAPABILITIES:
            self._answer_self(request)
            return
        try:
            # The agent may have gone since the last request: one fresh connection is tried.
            if not any(self._connected().send(request, payload, came) for _ in range(2)):
                self._answer_error(request, "agent_lost")
        except AgentMissingError as error:
            self._answer_error(request, "agent_missing", error.reason)
        except ProtocolMismatchError as error:
            self._answer_error(request, error.code)

    def _answer_self(self, request: Request) -> None:
        """Answer what is for the host itself."""
        result = self._status() if request.method == STATUS_METHOD else self._switch_trace(request)
        if request.id is not None:
            self._channel.send(messages.result(request.id, result))

    def _switch_trace(self, request: Request) -> dict[str, object]:
        params = request.params
        self._trace.switch(on=isinstance(params, dict) and params.get("on") is True)
        return {}

    def _connected(self, *, start: bool = True) -> AgentLink:
        if self._link and self._link.is_open:
            return self._link
        try:
            may_start = start and self._may_start()
            self._link = AgentLink.open(self._channel.send, self._trace, start=may_start)
        except AgentMissingError:
            if start and self._may_start():
                self._start_failed_at = time.monotonic()
            raise
        self._start_failed_at = None
        return self._link

    def _may_start(self) -> bool:
        """Whether to start an agent: not when that has just failed and requests queued behind it."""
        failed = self._start_failed_at
        return failed is None or time.monotonic() - failed > START_AGAIN_AFTER

    def _status(self) -> dict[str, object]:
        """Say what can be said without starting an agent."""
        try:
            link = self._connected(start=False)
        except (AgentMissingError, ProtocolMismatchError):
            return {"host": __version__, "agent": None, "capabilities": CAPABILITIES}
        capabilities = [*CAPABILITIES, *link.capabilities]
        return {"host": __version__, "agent": link.version, "capabilities": capabilities}

    def _answer_error(self, request: Request, code: str, reason: str = "") -> None:
        if request.id is not None:
            self._channel.send(messages.error(request.id, code, reason=reason))

    def _refuse(self, code: str, number: int) -> int:
        """Say what was wrong with the stream, which cannot be read on, and end with failure."""
        try:
            self._channel.send(messages.error(None, code, number=number))
        except OSError:
            pass  # nobody may read any more
        return 1


def run() -> int:
    """Relay between this process's stdin and stdout and the agent; return the exit code."""
    return Relay(take_over_stdio()).run()
