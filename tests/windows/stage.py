"""The agent as far as a window sees it: the real server and registry, with answers of the test's own.

For what no desk can be brought to quickly: sixty tokens, names of 200 characters, a PIN's last try.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import msgspec

from agent.api.registry import Call, Connection, Registry, Role
from agent.api.server import Server

Answer = Any
"""A value, or a function of the parameters; an OdcError is raised."""


class AnyParams(msgspec.Struct, frozen=True):
    """Whatever a window may send; real methods are stricter, and are tried with a real agent."""

    id: str | None = None
    name: str | None = None
    names: tuple[str, ...] | None = None
    subject: str | None = None
    source: str | None = None
    applicant: Any = None
    thumbprint: str | None = None
    origin: str | None = None
    decision: str | None = None
    key: str | None = None
    value: Any = None
    values: Any = None
    token: Any = None
    refresh: bool | None = None
    accept_final_try: bool | None = None
    files: tuple[str, ...] | None = None
    number: int | None = None
    page: int | None = None
    file: str | None = None
    actions: Any = None
    x: int | None = None
    y: int | None = None
    width: int | None = None
    height: int | None = None
    reference: str | None = None
    secret: str | None = None
    pdf: Any = None


class Stage:
    """Answers windows from a thread of its own, and remembers what they asked."""

    def __init__(self, **answers: Answer) -> None:
        """Answer methods, named with ``__`` for the dot."""
        self.answers: dict[str, Answer] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._followers: list[Connection] = []
        self._registry = Registry()
        self._server = Server(self._registry)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._registry.add("events.subscribe", AnyParams, self._subscribe, Role.CONTROL)
        self.answer(windows__came_forward={}, windows__in_front={}, windows__placed={}, **answers)

    def answer(self, **answers: Answer) -> None:
        """Answer these methods from now on."""
        for name, answer in answers.items():
            method = name.replace("__", ".")
            self.answers[method] = answer
            self._registry.add(method, AnyParams, self._handler(method), Role.CONTROL)

    def connect(self) -> socket.socket:
        """Return a window's end of a new connection."""
        ours, theirs = socket.socketpair()
        self._in_loop(self._server.adopt(ours, Role.CONTROL)).result(10)
        return theirs

    def tell(self, event: str, **values: Any) -> None:
        """Tell all windows of an event."""
        self.notify("event", {"event": event, **values})

    def notify(self, method: str, params: object) -> None:
        for follower in self._followers:
            self._loop.call_soon_threadsafe(follower.notify, method, params)

    def asked(self, method: str) -> list[dict[str, Any]]:
        """Return the parameters of all calls of a method."""
        return [params for name, params in self.calls if name == method]

    def drop(self) -> None:
        """Hang up on all windows, as an agent that is killed does."""
        self._in_loop(self._server.close()).result(10)

    def close(self) -> None:
        self.drop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _in_loop(self, work: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _subscribe(self, call: Call, _params: AnyParams) -> dict[str, str]:
        self._followers.append(call.connection)
        return {}

    def _handler(self, method: str) -> Callable[[Call, AnyParams], Any]:
        async def handle(_call: Call, params: AnyParams) -> object:
            given = {k: v for k, v in msgspec.to_builtins(params).items() if v is not None}
            self.calls.append((method, given))
            answer = self.answers[method]
            if callable(answer):
                answer = answer(given)
            if asyncio.iscoroutine(answer):
                answer = await answer
            if isinstance(answer, Exception):
                raise answer
            return answer

        return handle
