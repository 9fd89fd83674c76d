"""Notices shown by a process that lives as long as its notice and prints the key of what was pressed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from agent.desktop.notices.model import Listener, Notice, NotShownError
from agent.desktop.processes import kill_all
from agent.system.consoles import NO_CONSOLE


class ProcessDisplay:
    """See agent.desktop.notices.model.Display. Subclasses say which program, and read what it prints."""

    def __init__(self) -> None:
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._followers: set[asyncio.Task[None]] = set()
        self._listener: Listener | None = None

    def command(self, notice: Notice) -> Sequence[str]:
        """Return the program that shows ``notice``; what people wrote goes to its standard input."""
        raise NotImplementedError

    def key_of(self, printed: str, notice: Notice) -> str | None:
        """Return which button was pressed, by what the program printed."""
        raise NotImplementedError

    def input_of(self, notice: Notice) -> bytes:
        """Return what the program reads."""
        raise NotImplementedError

    async def begin(self, process: asyncio.subprocess.Process, notice: Notice) -> None:
        """Tell the program what to show; NotShownError where it says that it cannot."""
        assert process.stdin is not None
        await tell(process, self.input_of(notice))
        process.stdin.close()

    async def end(self, process: asyncio.subprocess.Process) -> None:
        """Have the program take its notice off the screen and end."""
        await kill_all(process)

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` what becomes of notices."""
        self._listener = listener

    async def show(self, slot: str, notice: Notice) -> bool:
        """Show a notice in place of the slot's last; True, since its end will be told; NotShownError."""
        await self.withdraw(slot)
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command(notice),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
                creationflags=NO_CONSOLE,
            )  # fmt: skip
        except OSError as error:
            raise NotShownError(str(error)) from error
        try:
            await self.begin(process, notice)
        except BaseException:
            await kill_all(process)
            raise
        self._processes[slot] = process
        follower = asyncio.create_task(self._follow(slot, notice, process))
        self._followers.add(follower)
        follower.add_done_callback(self._followers.discard)
        return True

    async def withdraw(self, slot: str) -> None:
        """Take the slot's notice off the screen."""
        process = self._processes.pop(slot, None)
        if process is not None and process.returncode is None:
            await self.end(process)

    async def close(self) -> None:
        """End what shows notices."""
        for slot in list(self._processes):
            await self.withdraw(slot)

    async def _follow(self, slot: str, notice: Notice, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        printed = await process.stdout.read()
        await process.wait()
        if self._processes.get(slot) is not process:
            return  # withdrawn or replaced
        del self._processes[slot]
        if self._listener is None:
            return
        key = self.key_of(printed.decode("utf-8", "replace").strip(), notice)
        if key is None:
            self._listener.closed(slot)
        else:
            self._listener.pressed(slot, key)


async def tell(process: asyncio.subprocess.Process, content: bytes) -> None:
    """Write to a program's standard input; that it has ended is told by what it does not answer."""
    assert process.stdin is not None
    with contextlib.suppress(ConnectionError):
        process.stdin.write(content)
        await process.stdin.drain()
