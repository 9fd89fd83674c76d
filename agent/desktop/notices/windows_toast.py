"""Windows: a toast with buttons, by a process of its own that lives as long as the toast does.

What that process is told and says stands here; ``agent.desktop.toast`` is it. They speak lines of JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

import msgspec

from agent.desktop.notices.by_process import ProcessDisplay, tell
from agent.desktop.notices.icon_file import ensure_icon
from agent.desktop.notices.model import NoButtonsError, Notice
from agent.desktop.processes import kill_all
from agent.ground.decoding import from_json
from agent.ground.language import Language, mark, translate
from agent.system.runtime import module_command

log = logging.getLogger(__name__)

MAX_BUTTONS = 5
"""More are refused (Toast content schema)."""
SHOW_SECONDS = 20.0
"""How long a toast may take to be shown: the first one loads what speaks to Windows."""
END_SECONDS = 3.0
WITHDRAW = b"withdraw\n"
"""Has the toast taken off the screen; the end of input leaves it there, with buttons that do nothing."""


class ToastOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be shown."""

    name: str
    """Of the program, as Windows shows it above the text."""
    icon: str
    title: str
    text: str
    buttons: tuple[tuple[str, str], ...] = ()
    """Key and label of each; the first key is also what a click on the toast itself means."""
    is_urgent: bool = False
    """It stays on the screen until something is pressed."""


class ToastReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of it: first whether it is shown, then how it ended."""

    failed: str = ""
    """Why it cannot be shown."""
    pressed: str | None = None
    """The key of what was pressed."""


class ToastDisplay(ProcessDisplay):
    """See agent.desktop.notices.model.Display; raises NoButtonsError where there are no toasts."""

    def __init__(self, language: Callable[[], Language], *, seconds: float = SHOW_SECONDS) -> None:
        super().__init__()
        self._language = language
        self._seconds = seconds
        self._icon = ""

    async def show(self, slot: str, notice: Notice) -> bool:
        """Show a notice in place of the slot's last; True, since its end will be told; NoButtonsError."""
        self._icon = str(await ensure_icon(notice.seal) or "")
        return await super().show(slot, notice)

    def command(self, notice: Notice) -> Sequence[str]:  # noqa: ARG002 - it comes by standard input
        """Return the program, which is the same for all notices."""
        return module_command("agent.desktop.toast")

    def input_of(self, notice: Notice) -> bytes:
        """Return the order as a line."""
        order = ToastOrder(
            name=translate(mark("Certificate Manager"), self._language()),
            icon=self._icon,
            title=notice.title,
            text=notice.text,
            buttons=tuple((button.key, button.label) for button in notice.buttons[:MAX_BUTTONS]),
            is_urgent=notice.is_urgent,
        )
        return msgspec.json.encode(order) + b"\n"

    def key_of(self, printed: str, notice: Notice) -> str | None:
        """Return the button that the program told of."""
        report = report_of(printed.encode())
        if report.failed:
            log.warning("notice not shown: %s", report.failed)
        return next((b.key for b in notice.buttons if b.key == report.pressed), None)

    async def begin(self, process: asyncio.subprocess.Process, notice: Notice) -> None:
        """Tell the program what to show and wait until it is; NoButtonsError where it cannot be."""
        assert process.stdout is not None
        await tell(process, self.input_of(notice))
        try:
            async with asyncio.timeout(self._seconds):
                said = await process.stdout.readline()
        except TimeoutError as error:
            raise NoButtonsError("toasts: no answer") from error
        report = report_of(said)
        if report.failed:
            raise NoButtonsError(f"toasts: {report.failed}")

    async def end(self, process: asyncio.subprocess.Process) -> None:
        """Have the toast taken off the screen: it outlives the program that showed it."""
        assert process.stdin is not None
        await tell(process, WITHDRAW)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
        if process.returncode is None:
            await kill_all(process)

    async def close(self) -> None:
        """Let go of the desktop; what is shown stays."""
        for process in self._processes.values():
            assert process.stdin is not None
            process.stdin.close()


def report_of(line: bytes) -> ToastReport:
    """Return what the program said; one that said nothing has failed."""
    try:
        return from_json(line, ToastReport)
    except msgspec.MsgspecError:
        return ToastReport(failed="the program that shows them ended")
