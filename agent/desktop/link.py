"""The tray's connection to the agent: one thread reads it, clicks are sent from the toolkit's."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable

from agent.api.client import Client, Json

REFRESH_SECONDS = 15 * 60.0
"""Day counts change at midnight without an event; the agent looks at the calendar as often."""
CLOCK = "clock"
"""The event that is none: so much time has passed without one."""
SAY = "tray.say"
"""What the agent wants said in a balloon, as title and text."""


class TrayClient(Client):
    """A client that also wakes by the clock, and tells what was refused of what it posted."""

    def __init__(
        self,
        connection: socket.socket,
        on_refused: Callable[[Json], None],
        on_said: Callable[[str, str], None],
    ) -> None:
        super().__init__(connection, "odc-tray")
        self._on_refused = on_refused
        self._on_said = on_said

    def next_event(self) -> str:
        """Wait for an event and return its name, :data:`CLOCK` when there was none for long.

        Raises:
            ConnectionLostError: the agent has gone.
        """
        while not self._notifications:
            if not self._messages and not self._is_readable():
                return CLOCK
            message = self._next_message()
            if "method" in message:
                self._notifications.append(message)
            elif "error" in message:
                self._on_refused(message["error"]["data"])
        told = self._notifications.popleft()
        if told["method"] == SAY:
            self._on_said(told["params"]["title"], told["params"]["text"])
            return SAY
        return str(told["params"]["event"])

    def _is_readable(self) -> bool:
        return bool(select.select([self._connection], [], [], REFRESH_SECONDS)[0])
