"""Run one token worker: requests in on standard input, replies out on standard output."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import msgspec
from pkcs11 import exceptions as p11

from agent.errors import OdcError
from agent.tokens import protocol
from agent.tokens.errors import ObjectMissingError, TokenError, TokenFullError, TokenMissingError
from agent.tokens.worker.channel import Channel
from agent.tokens.worker.hardening import forbid_dumps
from agent.tokens.worker.module import Module

if TYPE_CHECKING:
    from agent.tokens.worker.session import TokenSession

_REMOVED = (
    p11.DeviceRemoved,
    p11.TokenNotPresent,
    p11.SessionHandleInvalid,
    p11.SlotIDInvalid,
)


class Worker:
    """Serves one module, and at most one session with a PIN."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._module: Module | None = None
        self._session: TokenSession | None = None
        self._label = ""

    def answer(self, request: protocol.AnyRequest) -> protocol.Reply:
        """Carry out ``request``; every outcome becomes a reply."""
        try:
            value = self._carry_out(request)
        except OdcError as error:
            return protocol.Reply(error=error.report())
        except p11.PKCS11Error as error:
            return protocol.Reply(error=self._translated(error).report())
        return protocol.Reply(value=msgspec.Raw(msgspec.json.encode(value)))

    def _carry_out(self, request: protocol.AnyRequest) -> Any:  # noqa: ANN401 - the request's result
        if self._module is None:
            self._module = Module(self._path)
        if isinstance(request, protocol.ListTokens):
            return self._module.content()
        if isinstance(request, protocol.OpenSession):
            forbid_dumps()
            # Here, since a worker that only lists does without cryptography's memory.
            from agent.tokens.worker.session import TokenSession  # noqa: PLC0415

            self._label = request.token.label
            self._session = TokenSession(self._module, request)
            return self._session.offer()
        if self._session is None:
            raise ObjectMissingError(what="a session")
        return self._session.carry_out(request)

    def _translated(self, error: p11.PKCS11Error) -> TokenError:
        if isinstance(error, _REMOVED):
            return TokenMissingError(label=self._label)
        if isinstance(error, p11.DeviceMemory):
            return TokenFullError()
        return TokenError(reason=f"{type(error).__name__} {error}".strip())


def main() -> None:
    """Serve until the agent closes the pipe."""
    channel = Channel()
    worker = Worker(sys.argv[1])
    for request in channel.requests():
        channel.send(worker.answer(request))


if __name__ == "__main__":
    main()
