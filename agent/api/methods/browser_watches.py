"""What pages have under way: requests that may be withdrawn, and renewals that are watched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from agent.api.convert import browser_renewal
from agent.api.registry import Call, Connection
from agent.api.rpc import InvalidRequestError
from agent.bus import Event, EventBus
from agent.errors import OdcError
from agent.language import mark
from agent.renewals.record import Renewal, RenewalChanged
from agent.sites.errors import ConsentDeniedError
from agent.sites.model import SiteWithdrawn

T = TypeVar("T")
Asked = tuple[Connection, int | str]
"""A request by its connection and its JSON-RPC id."""

MAX_WATCHED = 64
"""Renewals one browser may watch at once, over all its tabs."""


class RequestCancelledError(OdcError):
    """The page has gone, or waits no longer."""

    code = "request_cancelled"
    sentence = mark("The page no longer waits for an answer.")


class Waiting:
    """Requests that wait for a person, so that they may be withdrawn."""

    def __init__(self) -> None:
        self._tasks: dict[Asked, asyncio.Task[Any]] = {}

    async def run(self, call: Call, work: Coroutine[Any, Any, T]) -> T:
        """Do ``work`` until it is withdrawn; RequestCancelledError."""
        asked = (call.connection, call.request)
        task = asyncio.create_task(work)
        self._tasks[asked] = task
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is None or current.cancelling():
                raise  # the connection has ended
            raise RequestCancelledError from None
        finally:
            if self._tasks.get(asked) is task:
                del self._tasks[asked]

    def withdraw(self, asked: Asked) -> None:
        """End the request, where it still waits."""
        task = self._tasks.get(asked)
        if task is not None:
            task.cancel()


class Watches:
    """Renewals whose states pages are told of."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._watches: dict[Asked, Callable[[], None]] = {}

    def begin(self, call: Call, origin: str, renewal: Renewal) -> None:
        """Tell the page each state from now on, until the end of the renewal or of its consent."""
        if renewal.has_ended:
            return
        asked = (call.connection, call.request)
        self.end(asked)  # a client that uses an id again has no use for the first one's answers
        if sum(connection is call.connection for connection, _ in self._watches) >= MAX_WATCHED:
            raise InvalidRequestError("too many renewals watched")

        def tell(event: Event) -> None:
            if isinstance(event, RenewalChanged) and event.renewal.id == renewal.id:
                view = msgspec.to_builtins(browser_renewal(event.renewal))
                call.connection.notify("browser.renewal_changed", {"origin": origin, **view})
                if event.renewal.has_ended:
                    self.end(asked)
            elif isinstance(event, SiteWithdrawn) and event.origin == origin:
                error = ConsentDeniedError(origin=origin).report()
                lost = {"origin": origin, "id": renewal.id, "error": error}
                call.connection.notify("browser.renewal_lost", lost)
                self.end(asked)

        self._watches[asked] = self._bus.subscribe(tell)
        call.connection.on_close(lambda: self.end(asked))

    def end(self, asked: Asked) -> None:
        """Tell that page nothing more."""
        unsubscribe = self._watches.pop(asked, None)
        if unsubscribe is not None:
            unsubscribe()
