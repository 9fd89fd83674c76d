"""Run one token worker: requests in on standard input, replies out on standard output."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from agent.system.dumps import forbid_dumps
from agent.system.hardening import end_with_agent, limit_memory
from agent.tokens import protocol
from agent.tokens.errors import ObjectMissingError
from agent.tokens.worker.channel import Channel
from agent.tokens.worker.cryptoki.failures import told_error
from agent.tokens.worker.cryptoki.module import Module
from agent.tokens.worker.memory import resident_bytes

if TYPE_CHECKING:
    from agent.tokens.worker.cryptoki.session import TokenSession


class Worker:
    """Serves one module, and at most one session with a PIN."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._module: Module | None = None
        self._session: TokenSession | None = None

    def answer(self, request: protocol.AnyRequest) -> protocol.Reply:
        """Carry out ``request``; every outcome becomes a reply."""
        try:
            value = msgspec.Raw(msgspec.json.encode(self._carry_out(request)))
        except Exception as error:  # noqa: BLE001 - the agent is told; a traceback could show a PIN
            report = told_error(error, module=Path(self._path).name).report()
            return protocol.Reply(error=report, resident_bytes=resident_bytes())
        return protocol.Reply(value=value, resident_bytes=resident_bytes())

    def _carry_out(self, request: protocol.AnyRequest) -> Any:  # noqa: ANN401 - the request's result
        if self._module is None:
            self._module = Module(self._path)
        if isinstance(request, protocol.ListTokens):
            return self._module.content()
        if isinstance(request, protocol.LetGo):
            return self._module.let_go()
        if isinstance(request, protocol.OpenSession):
            forbid_dumps()
            # Here, since a worker that only lists does without cryptography's memory.
            from agent.tokens.worker.cryptoki.session import TokenSession  # noqa: PLC0415

            self._session = TokenSession(self._module, request)
            return self._session.offer()
        if self._session is None:
            raise ObjectMissingError(what="a session")
        return self._session.carry_out(request)


def main() -> None:
    """Serve until the agent closes the pipe."""
    end_with_agent()
    limit_memory()
    channel = Channel()
    worker = Worker(sys.argv[1])
    for request in channel.requests():
        channel.send(worker.answer(request))


if __name__ == "__main__":
    main()
