"""An ASGI application around another that spoils answers as :mod:`sandbox.faults.planning` plans."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.authority.rules.fault_kinds import Fault, FaultKind
from sandbox.faults.planning import Faults
from sandbox.faults.spoilt_keys import KEY_FAULTS, KeySpoiler
from sandbox.web import credentials

_DRIPS = 20
_PAGE = b"<!doctype html><title>Proxy</title><p>The service is not available."
_LONG_LINE = re.compile(rb"[A-Za-z0-9+/=]{65,}")


@dataclass(frozen=True)
class Answer:
    """A whole answer, before it is sent."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def header(self, name: bytes) -> bytes:
        """Return a header's value, or nothing."""
        return next((value for key, value in self.headers if key.lower() == name), b"")

    def with_header(self, name: bytes, value: bytes | None) -> Answer:
        """Return the answer with another value for a header; None leaves it out."""
        kept = tuple((key, old) for key, old in self.headers if key.lower() != name)
        return replace(self, headers=kept if value is None else (*kept, (name, value)))

    def with_body(self, body: bytes) -> Answer:
        """Return the answer with another body of its own length."""
        answer = replace(self, body=body)
        return answer.with_header(b"content-length", str(len(body)).encode())


class FaultyApp:
    """The application that is served with ``--faults``."""

    def __init__(self, app: ASGIApp, faults: Faults, keys: KeySpoiler) -> None:
        self._app = app
        self._faults = faults
        self._keys = keys
        self._last: dict[tuple[str, bytes], Answer] = {}
        """The last answer to each call of each client, for answers out of order."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = f"{scope['method']} {scope['path']}"
        fault = await run_in_threadpool(self._faults.take, call)
        if fault is None:
            answer = await self._answered(scope, receive)
            self._last[call, _client(scope)] = answer
            await _send_whole(send, answer)
        elif fault.kind is FaultKind.CUT_BEFORE:
            await _body(receive)  # else the client might still be sending, which is another fault
            await _cut(receive, send)
        elif fault.kind in _INSTEAD:
            await _send_whole(send, _INSTEAD[fault.kind](fault))
        else:
            await self._spoilt(call, fault, scope, receive, send)

    async def _spoilt(
        self, call: str, fault: Fault, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Let the call have its effect and spoil its answer."""
        body = await _body(receive)
        answer = await self._answered(scope, _replayed(body))
        if fault.kind is FaultKind.DUPLICATE:
            answer = await self._answered(scope, _replayed(body))
        asked = (call, _client(scope))
        before, self._last[asked] = self._last.get(asked, answer), answer
        if fault.kind is FaultKind.STALE:
            answer = before
        elif fault.kind in KEY_FAULTS:
            answer = await self._with_spoilt_key(fault, scope, answer)
        if fault.kind in _SENT:
            await _SENT[fault.kind](fault, answer, receive, send)
        else:
            await _send_whole(send, _CHANGED.get(fault.kind, _unchanged)(answer))

    async def _with_spoilt_key(self, fault: Fault, scope: Scope, answer: Answer) -> Answer:
        application, _ = credentials(Request(scope))
        body = await run_in_threadpool(self._keys.spoilt, fault.kind, answer.body, application)
        return answer.with_body(body)

    async def _answered(self, scope: Scope, receive: Receive) -> Answer:
        """Return what the application answers."""
        status, headers, body = 0, (), bytearray()

        async def keep(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], tuple(message.get("headers", ()))
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))

        await self._app(scope, receive, keep)
        return Answer(status, headers, bytes(body))


def _client(scope: Scope) -> bytes:
    """Return who asks: what authenticates, or nothing."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return headers.get(b"authorization", b"")


async def _body(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(body)


def _replayed(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _start(send: Send, answer: Answer) -> None:
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)}
    )


async def _send_whole(send: Send, answer: Answer) -> None:
    await _start(send, answer)
    await send({"type": "http.response.body", "body": answer.body})


async def _cut(receive: Receive, send: Send) -> None:
    """Cut the connection, by uvicorn's own: ASGI has no way to say it. The request has been read."""
    cycle = send.__self__  # type: ignore[attr-defined] # uvicorn's RequestResponseCycle
    cycle.transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _cut_after(_fault: Fault, _answer: Answer, receive: Receive, send: Send) -> None:
    await _cut(receive, send)


async def _truncate(_fault: Fault, answer: Answer, receive: Receive, send: Send) -> None:
    await _start(send, answer)
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    await asyncio.sleep(0.05)  # abort() drops what was not written yet
    await _cut(receive, send)


async def _drip(fault: Fault, answer: Answer, _receive: Receive, send: Send) -> None:
    await _start(send, answer)
    size = len(answer.body) // _DRIPS + 1
    for at in range(0, len(answer.body), size):
        await asyncio.sleep(fault.seconds / _DRIPS)
        drop = answer.body[at : at + size]
        await send({"type": "http.response.body", "body": drop, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _delay(fault: Fault, answer: Answer, _receive: Receive, send: Send) -> None:
    await asyncio.sleep(fault.seconds)
    await _send_whole(send, answer)


def _plain(status: int, media_type: bytes, body: bytes) -> Answer:
    return Answer(status, ((b"content-type", media_type),), b"").with_body(body)


def _problem(status: int) -> Answer:
    body = b'{"title":"A planned fault","status":%d}' % status
    return _plain(status, b"application/problem+json", body)


def _unavailable(fault: Fault) -> Answer:
    return _problem(503).with_header(b"retry-after", b"%d" % round(fault.seconds))


def _unchanged(answer: Answer) -> Answer:
    return answer


def _with_wrong_type(answer: Answer) -> Answer:
    return answer.with_header(b"content-type", b"application/octet-stream")


def _with_bad_base64(answer: Answer) -> Answer:
    middle = len(answer.body) // 2
    return answer.with_body(answer.body[:middle] + b"*" + answer.body[middle + 1 :])


def _with_wrapped_base64(answer: Answer) -> Answer:
    return answer.with_body(_LONG_LINE.sub(_wrapped, answer.body))


def _wrapped(line: re.Match[bytes]) -> bytes:
    text = line[0]
    return b"\r\n".join(text[at : at + 64] for at in range(0, len(text), 64))


def _with_swapped_parts(answer: Answer) -> Answer:
    _, found, boundary = answer.header(b"content-type").partition(b"boundary=")
    if not found:
        return answer
    start, *parts, end = answer.body.split(b"--" + boundary)
    return answer.with_body((b"--" + boundary).join([start, *reversed(parts), end]))


def _without_length(answer: Answer) -> Answer:
    return answer.with_header(b"content-length", None)


_INSTEAD: dict[FaultKind, Callable[[Fault], Answer]] = {
    FaultKind.STATUS_500: lambda _: _problem(500),
    FaultKind.STATUS_503: _unavailable,
    FaultKind.STATUS_401: lambda _: _problem(401),
    FaultKind.HTML: lambda _: _plain(200, b"text/html", _PAGE),
}

_CHANGED: dict[FaultKind, Callable[[Answer], Answer]] = {
    FaultKind.WRONG_TYPE: _with_wrong_type,
    FaultKind.BAD_BASE64: _with_bad_base64,
    FaultKind.WRAPPED_BASE64: _with_wrapped_base64,
    FaultKind.SWAPPED_PARTS: _with_swapped_parts,
    FaultKind.NO_LENGTH: _without_length,
}

_SENT = {
    FaultKind.CUT_AFTER: _cut_after,
    FaultKind.TRUNCATED: _truncate,
    FaultKind.SLOW: _drip,
    FaultKind.LATE: _delay,
}
