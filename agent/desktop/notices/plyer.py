"""Notices through plyer: on any desktop, without buttons, and nobody tells when they are gone.

In a process of its own that is over when the notice is out: whatever a notification daemon does, it
does not hold the agent up.
"""

from __future__ import annotations

import asyncio

import msgspec

from agent.certificates.days import CertificateStatus
from agent.desktop.notices.model import Listener, Notice, NotShownError
from agent.desktop.processes import kill_all
from agent.ground.streams import heard
from agent.system.consoles import NO_CONSOLE
from agent.system.runtime import module_command

SHOW_SECONDS = 30.0
"""D-Bus alone may take 25 seconds to find out that no daemon answers."""
LOGGED_CHARACTERS = 300


class PlainNotice(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is told to show."""

    title: str
    text: str
    seal: CertificateStatus = CertificateStatus.EXPIRING


class PlyerDisplay:
    """See agent.desktop.notices.model.Display."""

    def __init__(self, *, seconds: float = SHOW_SECONDS) -> None:
        self._seconds = seconds

    def listen(self, listener: Listener) -> None:
        """Do nothing: there is nothing to tell."""

    async def show(self, slot: str, notice: Notice) -> bool:  # noqa: ARG002 - nothing is replaced
        """Show a notice; False, since its end will not be told; NotShownError."""
        plain = msgspec.json.encode(
            PlainNotice(title=notice.title, text=notice.text, seal=notice.seal)
        )
        try:
            async with asyncio.timeout(self._seconds):
                status, complaint = await _deliver(plain)
        except TimeoutError as error:
            raise NotShownError("the notification daemon does not answer") from error
        except OSError as error:
            raise NotShownError(str(error)) from error
        if status or complaint:  # plyer itself only warns
            raise NotShownError(complaint or f"exit code {status}")
        return False

    async def withdraw(self, slot: str) -> None:
        """Do nothing: it cannot be done."""

    async def close(self) -> None:
        """Do nothing: nothing is held."""


async def _deliver(notice: bytes) -> tuple[int | None, str]:
    """Run the process that shows ``notice``; return its exit code and what it complained of."""
    process = await asyncio.create_subprocess_exec(
        *module_command("agent.desktop.notify"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        creationflags=NO_CONSOLE,
    )  # fmt: skip
    try:
        _, complaint = await process.communicate(notice)
    finally:
        if process.returncode is None:
            await kill_all(process)
    return process.returncode, heard(complaint).strip()[-LOGGED_CHARACTERS:]
