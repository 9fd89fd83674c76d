"""Run one token worker: requests in on standard input, replies out on standard output."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from agent.ground.errors import OdcError
from agent.system.dumps import crash_quietly, forbid_dumps
from agent.system.ending import end_at_once
from agent.system.hardening import end_with_agent, leave_working_folder, limit_memory
from agent.tokens import protocol
from agent.tokens.errors import ObjectMissingError, RequestUnknownError
from agent.tokens.model import ModuleKind, ModuleSettings, Quirks
from agent.tokens.worker.channel import Channel
from agent.tokens.worker.failures import told_error
from agent.tokens.worker.loading import load_ahead, load_driver
from agent.tokens.worker.memory import resident_bytes

if TYPE_CHECKING:
    from agent.tokens.worker.driver import Driver
    from agent.tokens.worker.session import TokenSession

_decode = msgspec.json.Decoder(protocol.AnyRequest).decode


class Worker:
    """Serves one module, and at most one session with a PIN."""

    def __init__(self, settings: ModuleSettings) -> None:
        self._settings = settings
        self._driver: Driver | None = None
        self._session: TokenSession | None = None

    def answer(self, request: bytes) -> protocol.Reply:
        """Carry out a request as it came; every outcome becomes a reply."""
        try:
            value = msgspec.Raw(msgspec.json.encode(self._carry_out(_read(request))))
        except Exception as error:  # noqa: BLE001 - the agent is told; a traceback could show a PIN
            report = told_error(error, module=self._name).report()
            return protocol.Reply(error=report, resident_bytes=resident_bytes())
        return protocol.Reply(value=value, resident_bytes=resident_bytes())

    def _carry_out(self, request: protocol.AnyRequest) -> Any:  # noqa: ANN401 - the request's result
        if self._driver is None:
            self._driver = load_driver(*self._library)
        if isinstance(request, protocol.ListTokens):
            if request.anew:
                self._driver.forget()
            return self._driver.content()
        if isinstance(request, protocol.LetGo):
            return self._driver.let_go()
        if isinstance(request, protocol.OpenSession):
            forbid_dumps()
            # Here, since a worker that only lists does without the memory of what a session needs.
            from agent.tokens.worker.session import TokenSession  # noqa: PLC0415

            self._session = TokenSession(self._driver, request, self._name)
            return self._session.offer()
        if self._session is None:
            raise ObjectMissingError(what="a session")
        return self._session.carry_out(request)

    def make_ready(self) -> None:
        """Import what a session needs, ahead of the request for one, which tells what is wrong."""
        with contextlib.suppress(OdcError):
            load_ahead(*self._library)

    @property
    def _library(self) -> tuple[str, ModuleKind | None, Quirks]:
        return self._settings.path, self._settings.kind, self._settings.quirks

    @property
    def _name(self) -> str:
        return Path(self._settings.path).name


def _read(request: bytes) -> protocol.AnyRequest:
    """Return the request; RequestUnknownError where an agent of another version has made it."""
    try:
        read: protocol.AnyRequest = _decode(request)
    except msgspec.DecodeError as error:
        raise RequestUnknownError from error
    return read


def _settings(path: str, kind: str = "", quirks: str = "{}") -> ModuleSettings:
    """Return what the agent said of the module; an agent of the version before says less."""
    return ModuleSettings(
        path=path,
        kind=ModuleKind(kind) if kind else None,
        quirks=msgspec.json.decode(quirks, type=Quirks),
    )


def main() -> None:
    """Serve until the agent closes the pipe."""
    end_with_agent()
    crash_quietly()
    limit_memory()
    leave_working_folder()
    channel = Channel()
    path, *more = sys.argv[1:]
    worker = Worker(_settings(path, *more[:2]))
    if protocol.FOR_SESSION in more[2:]:
        worker.make_ready()
    for request in channel.requests():
        channel.send(worker.answer(request))
    sys.stderr.flush()
    end_at_once()  # not every library survives being unloaded


if __name__ == "__main__":
    main()
