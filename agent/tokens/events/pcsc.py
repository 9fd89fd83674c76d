"""PC/SC: readers and cards, by one thread that sleeps in SCardGetStatusChange.

The daemon may be absent, end and come back: the thread asks again with growing pauses, for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import Any

from smartcard import scard

from agent.tokens.events.source import ThreadBell, Told
from agent.tokens.model import ModuleKind

log = logging.getLogger(__name__)

READERS = r"\\?PnP?\Notification"
"""The name under which PC/SC tells of readers that come and go (pcsc-lite and Windows)."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
END_TRIES = 50
_OF_INTEREST = (
    scard.SCARD_STATE_PRESENT
    | scard.SCARD_STATE_EMPTY
    | scard.SCARD_STATE_MUTE
    | scard.SCARD_STATE_UNAVAILABLE
    | scard.SCARD_STATE_UNKNOWN
    | 0xFFFF0000  # how often a card has been put in or taken out, where the daemon counts
)
"""Programs that open a card change the other bits: ours do so at each reading."""


class PcscEvents:
    """Tells of cards and readers."""

    name = "pcsc"
    # SKF's devices are USB devices, few of them readers with a card.
    kinds = frozenset({ModuleKind.PKCS11})
    settles_after: tuple[float, ...] = ()

    def __init__(self) -> None:
        self._hurried = threading.Event()
        self._ending = threading.Event()
        self._watcher: _Watcher | None = None
        self.is_live = False

    def hurry(self) -> None:
        """Ask the daemon now rather than after the pause: there is a reason to think it is there."""
        self._hurried.set()
        watcher = self._watcher
        if watcher is not None and not watcher.hears_of_readers:
            watcher.cancel()

    async def run(self, changed: Told) -> None:
        """Tell of cards and readers until cancelled."""
        self._ending.clear()
        ended = asyncio.Event()
        bell, over = ThreadBell(changed), ThreadBell(ended.set)
        thread = threading.Thread(target=self._run, args=(bell, over), name="pcsc", daemon=True)
        thread.start()
        try:
            await ended.wait()
        finally:
            self._end(thread)

    def _end(self, thread: threading.Thread) -> None:
        """End the thread; one whose daemon answers nothing at all is left behind."""
        self._ending.set()
        self._hurried.set()
        for _ in range(END_TRIES):
            # Cancelling what has not begun to wait has no effect: hence again and again.
            if self._watcher is not None:
                self._watcher.cancel()
            thread.join(0.02)
            if not thread.is_alive():
                return

    def _run(self, bell: ThreadBell, over: ThreadBell) -> None:
        pause = FIRST_PAUSE
        try:
            while not self._ending.is_set():
                if self._watch(bell):
                    pause = FIRST_PAUSE
                log.debug("pcsc is asked again in %d s", pause)
                if not self._hurried.wait(pause):
                    pause = min(2 * pause, LONGEST_PAUSE)
                self._hurried.clear()
        finally:
            over.ring()

    def _watch(self, bell: ThreadBell) -> bool:
        """Watch as long as the daemon is there, and return whether it was."""
        try:
            with contextlib.closing(_Watcher()) as self._watcher:
                self._turn(bell, is_live=True)
                while not self._ending.is_set():
                    if self._watcher.wait():
                        bell.ring()
        except PcscError as error:
            log.debug("pcsc: %s", error)
        finally:
            was_live, self._watcher = self.is_live, None
            self._turn(bell, is_live=False)
        return was_live

    def _turn(self, bell: ThreadBell, *, is_live: bool) -> None:
        if self.is_live != is_live:
            self.is_live = is_live
            log.info("pcsc live=%s", is_live)
            bell.ring()


class PcscError(Exception):
    """A call to PC/SC failed."""


def reason_of(code: int) -> str:
    """Return an error of PC/SC in the system's words; its number where Windows has none for it."""
    words = scard.SCardGetErrorMessage(code)
    return words.strip().rstrip(".") if words else f"0x{code & 0xFFFFFFFF:08X}"


class _Watcher:
    """One connection to the daemon, and the readers' states as last seen."""

    def __init__(self) -> None:
        self._context = _checked(*scard.SCardEstablishContext(scard.SCARD_SCOPE_USER))
        self.hears_of_readers = self._supports_pnp()
        self._states: dict[str, int] = {}
        self._list_readers()

    def _supports_pnp(self) -> bool:
        """Return whether this PC/SC tells of readers; Apple's does not."""
        code, states = scard.SCardGetStatusChange(
            self._context, 0, [(READERS, scard.SCARD_STATE_UNAWARE)]
        )
        if code == scard.SCARD_E_TIMEOUT:
            return True
        return bool(not code and not states[0][1] & scard.SCARD_STATE_UNKNOWN)

    def wait(self) -> bool:
        """Return at the next change, and whether it is one of a card or a reader."""
        before = self._states
        waited_for = list(before.items())
        if self.hears_of_readers:
            waited_for.append((READERS, len(before) << 16))
        code, states = scard.SCardGetStatusChange(self._context, scard.INFINITE, waited_for)
        if code == scard.SCARD_E_CANCELLED:
            self._list_readers()
            return self._states.keys() != before.keys()
        if code not in {scard.SCARD_S_SUCCESS, scard.SCARD_E_UNKNOWN_READER}:
            raise PcscError(reason_of(code))
        seen = {name: state & ~scard.SCARD_STATE_CHANGED for name, state, _ in states}
        seen.pop(READERS, None)
        self._states = seen
        self._list_readers()
        return self._states.keys() != before.keys() or any(
            _tells_of_card(before[name], state) for name, state in self._states.items()
        )

    def _list_readers(self) -> None:
        """Bring the readers up to date; the state of a new one is asked for."""
        code, names = scard.SCardListReaders(self._context, [])
        if code == scard.SCARD_E_NO_READERS_AVAILABLE:
            names = []
        elif code:
            raise PcscError(reason_of(code))
        self._states = {name: self._states.get(name, self._state(name)) for name in names}

    def _state(self, reader: str) -> int:
        code, states = scard.SCardGetStatusChange(
            self._context, 0, [(reader, scard.SCARD_STATE_UNAWARE)]
        )
        return int(states[0][1] & ~scard.SCARD_STATE_CHANGED) if not code else 0

    def held(self) -> list[str]:
        """Return the readers whose card is open to one program alone."""
        return [n for n, state in self._states.items() if state & scard.SCARD_STATE_EXCLUSIVE]

    def cancel(self) -> None:
        """End the wait; may be called from another thread."""
        scard.SCardCancel(self._context)

    def close(self) -> None:
        """Let the daemon go; one that is gone already does not mind."""
        scard.SCardReleaseContext(self._context)


def _tells_of_card(before: int, after: int) -> bool:
    """Say whether a card came, went, or was given free by a program that had it to itself."""
    was_freed = bool(before & ~after & scard.SCARD_STATE_EXCLUSIVE)
    return was_freed or (before ^ after) & _OF_INTEREST != 0


def held_readers() -> list[str]:
    """Return the readers whose card another program has opened for itself alone."""
    with contextlib.suppress(PcscError), contextlib.closing(_Watcher()) as watcher:
        return watcher.held()
    return []


def _checked(code: int, value: Any) -> Any:  # noqa: ANN401 - pyscard is untyped
    if code:
        raise PcscError(reason_of(code))
    return value
