"""Windows without toasts: a balloon at the tray icon (Shell_NotifyIcon), which has no buttons."""

from __future__ import annotations

from collections.abc import Callable

from agent.desktop.notices.model import Listener, Notice

Say = Callable[[str, str], None]
"""Has the tray icon say a title and a text; NotShownError where there is no icon."""


class BalloonDisplay:
    """See agent.desktop.notices.model.Display. A click on a balloon opens the main window."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def listen(self, listener: Listener) -> None:
        """Do nothing: there is nothing to tell."""

    async def show(self, slot: str, notice: Notice) -> bool:  # noqa: ARG002 - Windows replaces by itself
        """Show a notice; False, since its end will not be told; NotShownError."""
        self._say(notice.title, notice.text)
        return False

    async def withdraw(self, slot: str) -> None:
        """Do nothing: a balloon goes by itself."""

    async def close(self) -> None:
        """Do nothing: nothing is held."""
