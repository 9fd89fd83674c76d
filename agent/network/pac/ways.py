"""The way a PAC program says, remembered for a while: a renewal must not run it for each request."""

from __future__ import annotations

import logging
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable

import msgspec

from agent.network.pac.answers import DIRECT, read_answer
from agent.network.pac.evaluating import PacProgramError, evaluate
from agent.network.pac.scripts import PacUnreadableError, read_script
from agent.network.pac.system import system_source

log = logging.getLogger(__name__)

SCRIPT_SECONDS = 3600.0
"""How long a program is used before it is read anew."""
ANSWER_SECONDS = 300.0
"""How long its answer for a host holds; what failed is tried again after a tenth of that."""
CONNECT_SECONDS = 3.0
"""How long a proxy may take before the next one is used."""


class PacAnswer(msgspec.Struct, frozen=True):
    """What a program says of one host."""

    source: str
    proxy: str | None
    """URL of the proxy in use; None for none."""
    answer: str = ""
    """The program's own words."""
    fault: str = ""
    """Why there is none; requests then go without a proxy, as in browsers."""
    is_unreadable: bool = False
    """Whether the program could not even be read."""
    age_seconds: float = 0.0
    """How long ago the program was read."""


class _Kept(msgspec.Struct):
    answer: PacAnswer
    until: float
    read: float


class PacWays:
    """Answers for all that leave this computer; several threads may ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._scripts: dict[str, tuple[str, float]] = {}
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._system: tuple[str, float] = ("", -ANSWER_SECONDS)

    def system(self) -> str:
        """Return the system's own source, as it was a moment ago; empty for none."""
        with self._lock:
            source, asked = self._system
            if self._clock() - asked >= ANSWER_SECONDS:
                source = system_source()
                self._system = source, self._clock()
            return source

    def of(self, source: str, url: str) -> PacAnswer:
        """Return what the program at ``source`` says of ``url``; blocks while it is read and run."""
        address = urllib.parse.urlsplit(url)
        # The host alone: where on a server somebody goes is nobody's business, as browsers have it.
        asked = f"{address.scheme}://{address.netloc.rpartition('@')[2]}/"
        with self._lock:
            kept = self._kept.get((source, asked))
            now = self._clock()
            if kept is None or kept.until <= now:
                kept = self._asked(source, asked, address.hostname or "")
                self._kept[source, asked] = kept
            return PacAnswer(
                source, kept.answer.proxy, kept.answer.answer, kept.answer.fault,
                kept.answer.is_unreadable, max(0.0, self._clock() - kept.read),
            )  # fmt: skip

    def _asked(self, source: str, url: str, host: str) -> _Kept:
        read = self._clock()
        try:
            script, read = self._script(source)
            said = evaluate(script, url, host)
            answer = PacAnswer(source, _first_open(read_answer(said)), said)
        except PacUnreadableError as error:
            answer = PacAnswer(source, None, fault=str(error), is_unreadable=True)
        except PacProgramError as error:
            answer = PacAnswer(source, None, fault=str(error))
        except ValueError as error:
            answer = PacAnswer(source, None, answer=str(error)[:200], fault=f"{str(error)[:200]!r}")
        if answer.fault:
            self._scripts.pop(source, None)
            log.warning("proxy auto-configuration fails: %s", answer.fault[:200])
        pause = ANSWER_SECONDS / 10 if answer.fault else ANSWER_SECONDS
        return _Kept(answer, self._clock() + pause, read)

    def _script(self, source: str) -> tuple[str, float]:
        known = self._scripts.get(source)
        if known is None or self._clock() - known[1] >= SCRIPT_SECONDS:
            known = read_script(source), self._clock()
            self._scripts[source] = known
        return known


def _first_open(ways: tuple[str, ...]) -> str | None:
    """Return the first way that is open; the first of all where none is, which then says what is wrong."""
    if len(ways) > 1:
        ways = (*filter(_is_open, ways), ways[0])
    return None if ways[0] == DIRECT else ways[0]


def _is_open(way: str) -> bool:
    if way == DIRECT:
        return True
    address = urllib.parse.urlsplit(way)
    try:
        socket.create_connection((address.hostname, address.port or 80), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


PAC_WAYS = PacWays()
"""One for the process: whoever asks, the program is read and run once."""
