"""What the process that waits for devices tells, and when a library is not to be asked any more. Pure."""

from __future__ import annotations

WAITING = b"w"
"""From now on an event is told of."""
EVENT = b"e"
BY_VALUE = "by-value"
"""Said to the process: the function takes the length of a device's name itself, not its address."""
NONE = b"n"
"""The library tells of no events; the process ends."""
EARLY_SECONDS = 0.2
"""Sooner nobody plugs a token in and another one."""
MOST_STRIKES = 3
MOST_AT_ONCE = 64
"""Devices of a hub come all at once."""


class Patience:
    """Judges how SKF_WaitForDevEvent comes back: some libraries do so at once, for ever."""

    def __init__(self) -> None:
        self.strikes = 0
        self.early = 0

    def is_lost(self, *, seconds: float, is_event: bool) -> bool:
        """Learn of one return, and say whether the library tells of no events after all.

        Args:
            seconds: how long it waited.
            is_event: it told of one: a device's name, and that it came or went.
        """
        self.strikes = 0 if is_event else self.strikes + 1
        self.early = self.early + 1 if seconds < EARLY_SECONDS else 0
        return self.strikes >= MOST_STRIKES or self.early >= MOST_AT_ONCE
