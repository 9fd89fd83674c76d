"""A blocking client of the local API, for the command line, the tray and windows.

Little of the standard library only: a command should be done before asyncio, or ``socket``, is even loaded.
Answers stay plain JSON values; a refusal is raised as :class:`CallError`.
"""

from __future__ import annotations

import itertools
from _thread import allocate_lock
from collections import deque

from agent import __version__
from agent.ground.framing import MAX_REPLY, FrameDecoder, FrameError, encode_frame
from agent.ground.json_text import decode, encode
from agent.ground.language import mark, user_language

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket as plain_socket
    from collections.abc import Iterator
    from typing import Any, Self

    from agent.ground.language import Language

    Json = Any
    """A JSON value; its shape is that of agent.api.views."""
else:
    Json = object  # ``typing`` takes longer to load than a call takes

PROTOCOL_VERSION = 1
HELLO_SECONDS = 15.0
"""How long an agent may take to say who it is: one whose disk or share hangs says nothing at all."""


class CallError(Exception):
    """The agent refused a call. ``report`` has the fields of agent.ground.reports.ErrorReport."""

    def __init__(self, report: dict[str, Json]) -> None:
        super().__init__(report.get("message", ""))
        self.report = report

    @property
    def code(self) -> str:
        """The error's stable code."""
        return str(self.report.get("code", "internal"))


class ConnectionLostError(Exception):
    """The agent has gone, or stopped speaking the protocol."""


class AgentSilentError(ConnectionLostError):
    """Somebody listens, and does not say in time that it is the agent."""

    reason = mark("it does not answer")

    def __init__(self) -> None:
        super().__init__(self.reason)


class Client:
    """One connection to the agent, read by one thread."""

    def __init__(
        self, connection: plain_socket, name: str, language: Language | None = None
    ) -> None:
        """Say hello over ``connection``, which is closed where nobody answers as an agent does.

        Raises:
            CallError, ConnectionLostError, AgentSilentError
        """
        self._connection = connection
        self._decoder = FrameDecoder(limit=MAX_REPLY)
        self._messages: deque[dict[str, Json]] = deque()
        self._notifications: deque[dict[str, Json]] = deque()
        self._ids = itertools.count(1)
        self._sending = allocate_lock()
        hello = {
            "protocol": PROTOCOL_VERSION,
            "client": f"{name} {__version__}",
            "language": (language or user_language()).value,
        }
        try:
            connection.settimeout(HELLO_SECONDS)
            self.welcome: dict[str, Json] = self.call("hello", hello)
            connection.settimeout(None)
        except BaseException:
            self.close()
            raise

    def call(self, method: str, params: dict[str, Json] | None = None) -> Json:
        """Call a method and return its result.

        Raises:
            CallError: the agent refused.
            ConnectionLostError: the agent has gone.
        """
        number = self.post(method, params)
        while True:
            message = self._next_message()
            if "method" in message:
                self._notifications.append(message)
            elif message.get("id") in (number, None):
                return _result(message)

    def post(self, method: str, params: dict[str, Json] | None = None) -> int:
        """Send a request without waiting for its answer, and return its id.

        This may be called by another thread than the one that reads; its answer is passed over.
        """
        with self._sending:
            number = next(self._ids)
            request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params or {}}
            try:
                self._connection.sendall(encode_frame(encode(request)))
            except OSError as error:
                raise ConnectionLostError(str(error)) from error
        return number

    def notifications(self) -> Iterator[dict[str, Json]]:
        """Yield notifications as they come: ``{"method": …, "params": …}``.

        Raises:
            ConnectionLostError: the agent has gone.
        """
        while True:
            yield self.next_notification()

    def next_notification(self) -> dict[str, Json]:
        """Wait for one notification and return it."""
        while not self._notifications:
            message = self._next_message()
            if "method" in message:
                self._notifications.append(message)
        return self._notifications.popleft()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _next_message(self) -> dict[str, Json]:
        while not self._messages:
            try:
                data = self._connection.recv(65536)
            except TimeoutError as error:
                raise AgentSilentError from error
            except OSError as error:
                raise ConnectionLostError(str(error)) from error
            if not data:
                raise ConnectionLostError("the agent has closed the connection")
            try:
                self._messages.extend(_message(payload) for payload in self._decoder.feed(data))
            except (FrameError, ValueError) as error:
                raise ConnectionLostError(
                    f"the agent does not speak the protocol: {error}"
                ) from error
        return self._messages.popleft()


def _message(payload: bytes) -> dict[str, Json]:
    message = decode(payload.decode())
    if not isinstance(message, dict):
        raise ValueError("not a message")  # noqa: TRY004 - as decode says it
    return message


def _result(message: dict[str, Json]) -> Json:
    error = message.get("error")
    if error is not None:
        raise CallError(error.get("data") or {"code": "internal", "message": error.get("message")})
    return message["result"]
