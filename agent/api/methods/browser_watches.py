"""What pages have under way: requests that may be withdrawn, and renewals that are watched."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from agent.api.registry import Call, Connection
from agent.api.views.browser import browser_renewal
from agent.ground.bus import Event, EventBus
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.journal.record import Renewal, RenewalChanged
from agent.sites.consent import Consent
from agent.sites.errors import ConsentDeniedError, RateLimitedError
from agent.sites.model import Action, SiteWithdrawn
from agent.sites.origins import host_of

T = TypeVar("T")
Asked = tuple[Connection, int | str]
"""A request by its connection and its JSON-RPC id."""

MOST_WATCHED = 16
"""Renewals one site may watch at once, over all its tabs and ports."""
MOST_OF_A_SITE = 16
"""Requests one site may have under way, over all its tabs and ports: the connection is everybody's.

As many sites as may ask a question at once leave the connection room (connection.MAX_UNDER_WAY).
"""


class RequestCancelledError(OdcError):
    """The page has gone, or waits no longer."""

    code = "request_cancelled"
    sentence = mark("The page no longer waits for an answer.")


class Waiting:
    """Requests that wait for a person, so that they may be withdrawn."""

    def __init__(self) -> None:
        self._tasks: dict[Asked, tuple[str, asyncio.Task[Any]]] = {}
        self._withdrawn: set[asyncio.Task[Any]] = set()
        self._of_site: Counter[str] = Counter()

    async def run(self, call: Call, origin: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do ``work`` for a site until it is withdrawn; RequestCancelledError, RateLimitedError."""
        site = host_of(origin)
        if self._of_site[site] >= MOST_OF_A_SITE:
            raise RateLimitedError(origin=origin)
        asked = (call.connection, call.request)
        task = asyncio.current_task()
        assert task is not None
        self._tasks[asked] = origin, task
        self._of_site[site] += 1
        try:
            return await work()
        except asyncio.CancelledError:
            if task not in self._withdrawn:
                raise  # the connection has ended
            task.uncancel()
            raise RequestCancelledError from None
        finally:
            self._withdrawn.discard(task)
            if self._tasks.get(asked) == (origin, task):
                del self._tasks[asked]
            self._of_site[site] -= 1
            self._of_site += Counter()  # sites without requests are forgotten

    def withdraw(self, asked: Asked, origin: str) -> None:
        """End the request of this site, where it still waits; another site's is none of its business."""
        asker, task = self._tasks.get(asked, ("", None))
        if task is not None and asker == origin:
            self._withdrawn.add(task)
            task.cancel()


class _Watch(msgspec.Struct, frozen=True):
    origin: str
    unsubscribe: Callable[[], None]


class Watches:
    """Renewals whose states pages are told of."""

    def __init__(self, bus: EventBus, consent: Consent) -> None:
        self._bus = bus
        self._consent = consent
        self._watches: dict[Asked, _Watch] = {}
        self._connections: set[Connection] = set()

    def check_room(self, origin: str) -> None:
        """Return where the site may watch one renewal more; RateLimitedError."""
        host = host_of(origin)
        if sum(host_of(watch.origin) == host for watch in self._watches.values()) >= MOST_WATCHED:
            raise RateLimitedError(origin=origin)

    def begin(self, call: Call, origin: str, renewal: Renewal) -> None:
        """Tell the page each state from now on, until the end of the renewal or of its consent."""
        if renewal.has_ended:
            return
        asked = (call.connection, call.request)
        self.end(asked)  # a client that uses an id again has no use for the first one's answers

        def tell(event: Event) -> None:
            is_change = isinstance(event, RenewalChanged) and event.renewal.id == renewal.id
            is_withdrawn = isinstance(event, SiteWithdrawn) and event.origin == origin
            # Forbidden meanwhile, by the user or the administrator: found at the next change.
            if is_withdrawn or (is_change and self._consent.is_denied(origin, Action.RENEW)):
                error = ConsentDeniedError(origin=origin).report()
                lost = {"origin": origin, "id": renewal.id, "error": error}
                call.connection.notify("browser.renewal_lost", lost)
                self.end(asked)
            elif isinstance(event, RenewalChanged) and is_change:
                view = msgspec.to_builtins(browser_renewal(event.renewal))
                call.connection.notify("browser.renewal_changed", {"origin": origin, **view})
                if event.renewal.has_ended:
                    self.end(asked)

        self._watches[asked] = _Watch(origin, self._bus.subscribe(tell))
        if call.connection not in self._connections:
            self._connections.add(call.connection)
            call.connection.on_close(lambda: self._forget(call.connection))

    def withdraw(self, asked: Asked, origin: str) -> None:
        """Tell a page of this site nothing more."""
        watch = self._watches.get(asked)
        if watch is not None and watch.origin == origin:
            self.end(asked)

    def end(self, asked: Asked) -> None:
        """Tell that page nothing more."""
        watch = self._watches.pop(asked, None)
        if watch is not None:
            watch.unsubscribe()

    def _forget(self, connection: Connection) -> None:
        self._connections.discard(connection)
        for asked in [asked for asked in self._watches if asked[0] is connection]:
            self.end(asked)
