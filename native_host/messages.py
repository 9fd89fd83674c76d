"""JSON-RPC as far as the relay must understand it: ids, methods, and errors of its own.

Plain classes, not dataclasses or named tuples: importing those would cost a relay's start 10 ms.
"""

from __future__ import annotations

from agent.ground.json_text import decode, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeGuard

RequestId = str | int

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
SERVER_ERROR = -32000


class MalformedError(ValueError):
    """A frame from the browser is not one JSON-RPC request."""


class Request:
    """What the relay reads of a request; the rest passes through unread.

    ``id`` is None for a notification, which is not answered; ``params`` are read for the host's own
    methods only.
    """

    __slots__ = ("id", "method", "params")

    def __init__(self, request_id: RequestId | None, method: str, params: object = None) -> None:
        self.id = request_id
        self.method = method
        self.params = params


class Sentence:
    """An error of the relay in words: what happened and what to do next, in both languages."""

    __slots__ = ("advice_en", "advice_zh", "en", "zh")

    def __init__(self, en: str, zh: str, advice_en: str = "", advice_zh: str = "") -> None:
        self.en, self.zh = en, zh
        self.advice_en, self.advice_zh = advice_en, advice_zh


_TRY_LATER_EN = "Try again. If it happens again, restart the agent."
_TRY_LATER_ZH = "请重试;如仍出现,请重新启动证照管家。"

SENTENCES = {
    "agent_missing": Sentence(
        "The certificate agent on this computer is not running and could not be started.",
        "本机的证照管家没有运行,也无法启动。",
        "Start the agent from the applications menu, or reinstall it, then try again.",
        "请从应用程序菜单启动证照管家,或重新安装后再试。",
    ),
    "agent_lost": Sentence(
        "The certificate agent stopped before it answered.",
        "证照管家在答复之前停止了运行。",
        _TRY_LATER_EN,
        _TRY_LATER_ZH,
    ),
    "agent_too_old": Sentence(
        "The certificate agent that is running is older than its browser component.",
        "正在运行的证照管家版本低于浏览器组件。",
        "Quit the agent and start it again, or update it.",
        "请退出并重新启动证照管家,或更新到最新版本。",
    ),
    "agent_too_new": Sentence(
        "The certificate agent that is running is newer than its browser component.",
        "正在运行的证照管家版本高于浏览器组件。",
        "Restart the browser.",
        "请重新启动浏览器。",
    ),
    "answer_too_large": Sentence(
        "The agent's answer is larger than a browser takes.",
        "证照管家的答复超过了浏览器允许的大小。",
        "Ask for less, for example for signing certificates only.",
        "请缩小查询范围,例如只查询签名证书。",
    ),
    "request_too_large": Sentence(
        "The request is larger than the agent takes.",
        "请求超过了证照管家允许的大小。",
    ),
    "invalid_request": Sentence(
        "The request is not one the agent understands.",
        "证照管家无法识别该请求。",
    ),
}


def parse_request(payload: bytes) -> Request:
    """Return what the relay needs of ``payload``.

    Raises:
        MalformedError: it is not one JSON object with a method and a usable id.
    """
    message = parse_object(payload)
    request_id, method = message.get("id"), message.get("method")
    if not isinstance(method, str):
        raise MalformedError("no method")
    if request_id is None or is_id(request_id):
        return Request(request_id, method, message.get("params"))
    raise MalformedError("the id is neither text nor a whole number")


def parse_object(payload: bytes) -> dict[str, object]:
    """Return the JSON object in ``payload``, which is UTF-8.

    Raises:
        MalformedError: it holds something else.
    """
    try:
        message = decode(payload.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedError("not JSON") from error
    if not isinstance(message, dict):
        raise MalformedError("not a JSON object")
    return message


def result(request_id: RequestId | None, value: object) -> bytes:
    """Return the frame payload that answers a request with ``value``."""
    return _encode({"id": request_id, "result": value})


def notification(method: str, params: Mapping[str, object] | None = None) -> bytes:
    """Return the frame payload of a notification from the host itself."""
    return _encode({"method": method, "params": params or {}})


def error(
    request_id: RequestId | None, code: str, *, number: int = SERVER_ERROR, reason: str = ""
) -> bytes:
    """Return the frame payload that answers a request with the relay's error ``code``.

    The shape is :class:`agent.ground.reports.ErrorReport`, which cannot be imported here (not stdlib).
    """
    words = SENTENCES[code]
    data = {
        "code": code,
        "message": words.en,
        "message_zh": words.zh,
        "advice": words.advice_en,
        "advice_zh": words.advice_zh,
        "details": {"reason": reason} if reason else {},
    }
    return _encode({"id": request_id, "error": {"code": number, "message": words.en, "data": data}})


def _encode(message: dict[str, object]) -> bytes:
    return encode({"jsonrpc": "2.0", **message})


def is_id(value: object) -> TypeGuard[RequestId]:
    """Whether a value may be a request's id."""
    return isinstance(value, str | int) and not isinstance(value, bool)
