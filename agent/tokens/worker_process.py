"""The agent's side of one worker process: starting, asking, giving up on, and ending it.

A vendor's library can crash or hang. Here that becomes an error of the one call under way.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TypeVar

import msgspec

from agent.ground.decoding import from_json
from agent.ground.framing import HEADER, MAX_REPLY, FrameTooLargeError, encode_frame
from agent.ground.reports import ReportedError
from agent.system.consoles import NO_CONSOLE
from agent.system.runtime import module_command
from agent.tokens import protocol
from agent.tokens.errors import ModuleCrashedError, ModuleHangsError, ModuleLoadError
from agent.tokens.model import ModuleSettings

Result = TypeVar("Result")

CALL_SECONDS = 60.0
"""How long one call may take; generating an RSA-4096 key on a slow token takes half a minute."""
END_SECONDS = 5.0


class WorkerProcess:
    """One worker process; requests are answered one at a time."""

    def __init__(self, module: ModuleSettings, process: asyncio.subprocess.Process) -> None:
        self._module = module
        self._process = process
        self.resident_bytes = 0
        """Memory the worker took when it answered last."""

    @classmethod
    async def start(cls, module: ModuleSettings, *, for_session: bool = False) -> WorkerProcess:
        """Spawn a worker for ``module``; the library is loaded at its first request.

        Args:
            module: whose library it is.
            for_session: it will be asked for a session: what that needs of ours is loaded at once.

        Raises:
            ModuleLoadError: the process cannot be started, for what the settings say or by the system.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *module_command("agent.tokens.worker", *_arguments(module, for_session=for_session)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=environment_of(module),
                start_new_session=True,
                creationflags=NO_CONSOLE,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise ModuleLoadError(module=module.path, reason=str(error)) from error
        return cls(module, process)

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    async def call(
        self, request: protocol.Request[Result], *, seconds: float | None = None
    ) -> Result:
        """Ask for one thing.

        Args:
            request: what is asked for.
            seconds: how long the answer may take, ``CALL_SECONDS`` where nothing is said.

        Raises:
            ReportedError: the worker answered with an error.
            ModuleCrashedError: the worker ended.
            ModuleHangsError: no answer within ``seconds``; the worker has been ended.
        """
        seconds = CALL_SECONDS if seconds is None else seconds
        try:
            async with asyncio.timeout(seconds):
                reply = await self._exchange(request)
        except TimeoutError as error:
            await self.end()
            raise ModuleHangsError(module=self._name, seconds=round(seconds)) from error
        except (OSError, EOFError, FrameTooLargeError, msgspec.DecodeError) as error:
            await self.end()
            raise ModuleCrashedError(module=self._name) from error
        except asyncio.CancelledError:
            # Its next answer would be taken for another request's.
            await self.end()
            raise
        self.resident_bytes = reply.resident_bytes
        if reply.error is not None:
            raise ReportedError(reply.error)
        result: Result = from_json(reply.value, request.result)
        return result

    async def _exchange(self, request: protocol.Request[Result]) -> protocol.Reply:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(encode_frame(msgspec.json.encode(request)))
        await self._process.stdin.drain()
        (size,) = HEADER.unpack(await self._process.stdout.readexactly(HEADER.size))
        if size > MAX_REPLY:
            raise FrameTooLargeError(size, MAX_REPLY)
        payload = await self._process.stdout.readexactly(size)
        return from_json(payload, protocol.Reply)

    async def end(self) -> None:
        """End the worker at once; a library in a call listens to nothing less."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        # A process in an uninterruptible call (a broken USB hub) may not even die.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.returncode is not None

    @property
    def _name(self) -> str:
        return Path(self._module.path).name


def _arguments(module: ModuleSettings, *, for_session: bool) -> list[str]:
    quirks = msgspec.json.encode(module.quirks).decode()
    return [
        module.path,
        module.kind or "",
        quirks,
        *([protocol.FOR_SESSION] if for_session else []),
    ]


def environment_of(module: ModuleSettings) -> dict[str, str]:
    """Return the environment of processes that load the module's library."""
    return {**os.environ, **module.environment}
