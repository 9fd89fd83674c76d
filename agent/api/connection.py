"""One client's connection: frames in, handshake first, answers and notifications out."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable

import msgspec

from agent import __version__
from agent.api.registry import Call, Registry, Role
from agent.api.rpc import (
    PARSE_ERROR,
    InvalidRequestError,
    ProtocolMismatchError,
    Request,
    error_frame,
    notification_frame,
    result_frame,
)
from agent.api.views.greeting import PROTOCOL_VERSION, Hello, Welcome
from agent.api.views.large import Large
from agent.ground.decoding import from_json
from agent.ground.errors import OdcError
from agent.ground.framing import MAX_REPLY, MAX_REQUEST, FrameDecoder, FrameError, encode_frame
from agent.ground.language import Language
from agent.system.peers import is_same_user

log = logging.getLogger(__name__)

MAX_UNREAD = 4 * 1024 * 1024
"""Bytes a client may leave unread before it is dropped: the agent's memory is not its buffer."""
MAX_UNDER_WAY = 256
"""Requests one client may have under way; a browser is one client for all its tabs."""


class ClientConnection(asyncio.Protocol):
    """Serves one client until it goes, or breaks the protocol. See registry.Connection.

    A protocol, not a pair of streams: a request is read and its answer begun in one turn of the loop.
    """

    def __init__(
        self,
        registry: Registry,
        role: Role,
        *,
        greeted: Callable[[Role], None] = lambda _role: None,
    ) -> None:
        """Serve ``registry``; ``greeted`` is called with the role once the client has said hello."""
        self._registry = registry
        self._role = role
        self._greeted = greeted
        self._has_greeted = False
        self.language: Language | None = None
        self._frames = FrameDecoder(limit=MAX_REQUEST)
        self._transport: asyncio.Transport | None = None
        self._ended = asyncio.get_running_loop().create_future()
        self._callbacks: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def role(self) -> Role:
        """The client's role."""
        return self._role

    def notify(self, method: str, params: object) -> None:
        """Send a notification; a client that is gone or does not read is dropped."""
        self._send(notification_frame(method, params))

    def on_close(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` when the connection ends."""
        self._callbacks.append(callback)

    async def close(self) -> None:
        """Drop the client, and return when everything of it has ended."""
        if self._transport is not None:
            self._transport.abort()
            await self._ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless another user is at its other end."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not is_same_user(transport.get_extra_info("socket")):
            log.warning("connection of another user refused role=%s", self._role)
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Begin to answer what is whole by now. What is no request at all ends the connection."""
        try:
            for payload in self._frames.feed(data):
                self._take(payload)
        except (FrameError, InvalidRequestError, ProtocolMismatchError) as error:
            self._refuse(error)
            assert self._transport is not None
            self._transport.close()

    def connection_lost(self, _reason: Exception | None) -> None:
        """End what the client had under way."""
        for task in self._tasks:
            task.cancel()
        for callback in self._callbacks:
            callback()
        self._ended.set_result(None)

    def _take(self, payload: bytes) -> None:
        """Handle one message."""
        try:
            request = from_json(payload, Request)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidRequestError(str(error), rpc_code=PARSE_ERROR) from error
        if not self._has_greeted:
            self._greet(request)
            return
        if len(self._tasks) >= MAX_UNDER_WAY:
            self._send(error_frame(request.id, InvalidRequestError("too many requests under way")))
            return
        task = asyncio.create_task(self._answer(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _greet(self, request: Request) -> None:
        if request.method != "hello":
            raise InvalidRequestError("the first request must be hello")
        try:
            hello = from_json(request.params, Hello)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidRequestError(str(error)) from error
        if hello.protocol != PROTOCOL_VERSION:
            self._send(
                error_frame(
                    request.id,
                    ProtocolMismatchError(version=__version__, protocol=PROTOCOL_VERSION),
                )
            )
            raise ProtocolMismatchError(version=__version__, protocol=PROTOCOL_VERSION)
        self._has_greeted = True
        self.language = hello.language
        log.debug("client role=%s name=%s", self._role, hello.client[:60])
        welcome = Welcome(
            protocol=PROTOCOL_VERSION,
            version=__version__,
            pid=os.getpid(),
            capabilities=self._registry.names_for(self._role),
        )
        self._send(result_frame(request.id, welcome))
        self._greeted(self._role)

    async def _answer(self, request: Request) -> None:
        try:
            call = Call(self, request.id)
            result = await self._registry.call(call, request.method, request.params)
            if isinstance(result, Large):
                frame = await asyncio.to_thread(result_frame, request.id, result)
            else:
                frame = result_frame(request.id, result)
            self._send(frame)
        except OdcError as error:
            self._send(error_frame(request.id, error))
        except Exception as error:  # a mistake of ours: the client is told, the agent goes on
            log.exception("method failed method=%s", request.method[:60])
            self._send(error_frame(request.id, OdcError(reason=type(error).__name__)))

    def _refuse(self, error: Exception) -> None:
        """Tell why the connection is closed."""
        if isinstance(error, ProtocolMismatchError):
            return  # said already, as the answer to hello
        told = error if isinstance(error, OdcError) else InvalidRequestError(str(error))
        log.warning("connection closed role=%s reason=%s", self._role, error)
        self._send(error_frame(None, told))

    def _send(self, payload: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(encode_frame(payload, limit=MAX_REPLY))
        if transport.get_write_buffer_size() > MAX_UNREAD:
            log.warning("client does not read, dropped role=%s", self._role)
            transport.abort()
