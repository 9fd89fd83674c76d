"""JSON-RPC 2.0 as the local API speaks it: requests with an id, notifications from the agent."""

from __future__ import annotations

from typing import Literal

import msgspec

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.ground.reports import ErrorReport, sayable

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
APPLICATION_ERROR = -32000


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A call."""

    jsonrpc: Literal["2.0"]
    id: int | str
    method: str
    params: msgspec.Raw = msgspec.Raw(b"{}")


class RpcError(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call was not answered; ``data.code`` is the stable name."""

    code: int
    message: str
    data: ErrorReport


class InvalidRequestError(OdcError):
    """A message is not a request this connection may make."""

    code = "invalid_request"
    sentence = mark("The request is not valid: {reason}")

    def __init__(self, reason: str, *, rpc_code: int = INVALID_REQUEST) -> None:
        super().__init__(reason=reason)
        self.rpc_code = rpc_code


class ProtocolMismatchError(OdcError):
    """Client and agent are of different versions."""

    code = "protocol_mismatch"
    sentence = mark("The running agent speaks another version of the local protocol.")
    advice = mark("Run `odc-agent quit`, then start the agent again.")


def result_frame(request_id: int | str, result: object) -> bytes:
    """Return the payload of a successful answer."""
    return _encoded({"jsonrpc": "2.0", "id": request_id, "result": result})


def error_frame(request_id: int | str | None, error: OdcError) -> bytes:
    """Return the payload of a refusal."""
    code = error.rpc_code if isinstance(error, InvalidRequestError) else APPLICATION_ERROR
    report = error.report()
    body = RpcError(code=code, message=report.message, data=report)
    return _encoded({"jsonrpc": "2.0", "id": request_id, "error": body})


def notification_frame(method: str, params: object) -> bytes:
    """Return the payload of a notification."""
    return _encoded({"jsonrpc": "2.0", "method": method, "params": params})


def _encoded(message: dict[str, object]) -> bytes:
    try:
        return msgspec.json.encode(message)
    except UnicodeEncodeError:  # a path below a folder whose name is not UTF-8
        return msgspec.json.encode(_sayable(msgspec.to_builtins(message)))


def _sayable(value: object) -> object:
    """Return ``value`` with a sign in the place of each byte of a path that is no text."""
    match value:
        case str():
            return sayable(value)
        case dict():
            return {name: _sayable(held) for name, held in value.items()}
        case list() | tuple():
            return [_sayable(held) for held in value]
        case _:
            return value
