"""Which methods there are, what each takes, and which role may call it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum, unique
from typing import Any, Protocol, TypeVar

import msgspec

from agent.api.rpc import INVALID_PARAMS, METHOD_NOT_FOUND, InvalidRequestError
from agent.ground.decoding import from_json
from agent.ground.language import Language


@unique
class Role(StrEnum):
    """Who a client is: decided by the socket it came in by, never by what it says."""

    CONTROL = "control"
    """The user's own tools: command line, windows."""
    TRAY = "tray"
    BROWSER = "browser"


class Connection(Protocol):
    """A client's connection, as a method sees it."""

    @property
    def role(self) -> Role:
        """The client's role."""

    @property
    def language(self) -> Language | None:
        """What the client's person reads, where it said so."""

    def notify(self, method: str, params: object) -> None:
        """Send a notification; a client that is gone or does not read is dropped."""

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when the connection ends."""


class Call(msgspec.Struct, frozen=True):
    """One request under way: who asks, and how to tell them more later."""

    connection: Connection
    request: int | str
    """The request's JSON-RPC id; unique among those the connection has under way."""


class NoParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A method without parameters."""


Params = TypeVar("Params", bound=msgspec.Struct)
Handler = Callable[[Call, Any], Awaitable[object]]


class Method(msgspec.Struct, frozen=True):
    """One method of the API."""

    name: str
    params: type[msgspec.Struct]
    roles: frozenset[Role]
    handler: Handler


class Registry:
    """All methods by name."""

    def __init__(self) -> None:
        self._methods: dict[str, Method] = {}

    def add(
        self,
        name: str,
        params: type[Params],
        handler: Callable[[Call, Params], Awaitable[object]],
        *roles: Role,
    ) -> None:
        """Make ``handler`` answer to ``name`` for ``roles``; parameters are checked against a type."""
        self._methods[name] = Method(name, params, frozenset(roles), handler)

    def names_for(self, role: Role) -> tuple[str, ...]:
        """Return what a role may call."""
        return tuple(sorted(name for name, m in self._methods.items() if role in m.roles))

    async def call(self, call: Call, name: str, params: msgspec.Raw) -> object:
        """Call a method.

        Raises:
            InvalidRequestError: no such method for this role, or other parameters than it takes.
        """
        method = self._methods.get(name)
        if method is None or call.connection.role not in method.roles:
            raise InvalidRequestError(f"no method {name[:60]}", rpc_code=METHOD_NOT_FOUND)
        try:
            decoded = from_json(params, method.params)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidRequestError(str(error), rpc_code=INVALID_PARAMS) from error
        return await method.handler(call, decoded)
