"""What wears an agent: each load is done once, seen to be over, and done again.

Each has a connection of its own for as long as that takes: what a client that is there does not read, the
agent keeps for it.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, Self

from applicant import Applicant
from soak_desk import PATIENCE_SECONDS, SoakDesk

from agent.api.client import CallError, Client
from agent.sites.errors import RateLimitedError
from agent.system.runtime import BROWSER_SOCKET
from sandbox.usb_token.card import Card
from sandbox.usb_token.state import load_state, save_state
from sandbox.usb_token.vpcd import PORTS, connect, serve

Once = Callable[[], None]

WINDOWS = {
    "about": "关于我们",
    "main": "证照管家",
    "settings": "设置",
    "sites": "网站授权",
    "help": "帮助",
}
LOOK_SECONDS = 0.05
CROWD = 64
"""Requests at once; asyncio has as many threads as processors and four more, 32 at most."""
REQUESTS_PER_SECOND = 50.0
"""What all portals together ask at most: an agent that may say that it is too much would say only that."""
REQUESTS_OF_A_BROWSER = 500
"""After so many it is closed and started again."""
RENEWALS_OF_A_DOSSIER = 5
"""One in so many needs a dossier: it takes twice the processor's time."""


class Loads:
    """All loads on one agent, each a call that does it once."""

    def __init__(self, desk: SoakDesk) -> None:
        self._desk = desk
        self.portals = Portals(desk)
        self.once: dict[str, Once] = {
            "insertions": Insertions(desk).once,
            "windows": Windows(desk).once,
            "requests": self.portals.once,
            "renewals": Renewals(desk).once,
        }

    def crowd(self) -> None:
        """Have the agent start all threads it may ever have for what could hold it up: asyncio's are kept."""
        with self._desk.client() as client:
            for _ in range(CROWD):
                client.post("licences.list")
            client.call("licences.list")

    def do(self, times: Mapping[str, int]) -> dict[str, float]:
        """Do each load so many times, all side by side; return the seconds each took."""
        is_over = threading.Event()

        def repeat(once: Once, number: int) -> float:
            started = time.monotonic()
            for _ in range(number):
                if not is_over.is_set():
                    once()
            return time.monotonic() - started

        with ThreadPoolExecutor(len(times)) as pool:
            running = {name: pool.submit(repeat, self.once[name], n) for name, n in times.items()}
            try:
                wait(running.values(), return_when=FIRST_EXCEPTION)
            finally:
                is_over.set()
            return {name: done.result() for name, done in running.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.portals.close()


class Insertions:
    """The card is put into the reader and taken out again, each once the agent has told of it.

    What the card's own process does is done here: starting it a thousand times would wear nothing.
    """

    def __init__(self, desk: SoakDesk) -> None:
        self._desk = desk
        self._serial = load_state(desk.card).serial

    def once(self) -> None:
        with self._desk.client() as client:
            client.call("events.subscribe")
            with self._inserted():
                self._await(client, "token_inserted")
            self._await(client, "token_removed")

    @contextlib.contextmanager
    def _inserted(self) -> Iterator[None]:
        file = self._desk.card
        card = Card(load_state(file), functools.partial(save_state, file))
        with connect(PORTS[0]) as connection:
            power = threading.Thread(target=serve, args=(connection, card, lambda: None))
            power.start()
            try:
                yield
            finally:
                connection.shutdown(socket.SHUT_RDWR)
                power.join()

    def _await(self, client: Client, event: str) -> None:
        while True:
            told = client.next_notification()["params"]
            if told["event"] == event and told.get("token", told)["serial"] == self._serial:
                return


class Windows:
    """Windows are opened in turn, each seen to be painted, and closed by their frame's button."""

    def __init__(self, desk: SoakDesk) -> None:
        self._desk = desk
        self._next = itertools.cycle(WINDOWS.items())

    def once(self) -> None:
        name, title = next(self._next)
        screen = self._desk.screen
        with self._desk.client() as client:
            client.call("windows.open", {"name": name})
        shown = _until(lambda: screen.painted(title), name)
        process = screen.pid(shown)
        screen.close(shown)
        _until(lambda: not _is_there(process) or None, f"the end of {name}")


class Portals:
    """Sites ask by way of one browser after the other, each site once."""

    def __init__(self, desk: SoakDesk) -> None:
        self._desk = desk
        self._browser: Client | None = None
        self._numbers = itertools.count()
        self._due = 0.0
        self.answers: Counter[str] = Counter()
        """How many requests were answered, and how many refused since there were too many."""

    def once(self) -> None:
        number = next(self._numbers)
        if self._browser is None or number % REQUESTS_OF_A_BROWSER == 0:
            self.close()
            self._browser = self._desk.client(BROWSER_SOCKET)
        self._pace()
        # Every tenth site is one that may see certificates.
        may_see = number % 10 == 0
        method = "certificates" if may_see else "status"
        site = f"https://www.{'' if not may_see else 'allowed-'}{number}.example"
        try:
            self._browser.call(f"browser.{method}", {"origin": site})
            self.answers["answered"] += 1
        except CallError as error:
            if error.code != RateLimitedError.code:
                raise
            self.answers[error.code] += 1

    def close(self) -> None:
        """Close the browser."""
        if self._browser is not None:
            self._browser.close()

    def _pace(self) -> None:
        now = time.monotonic()
        self._due = max(self._due, now)
        time.sleep(self._due - now)
        self._due += 1 / REQUESTS_PER_SECOND


class Renewals:
    """A certificate is renewed until it is installed, as if it never had been; now and then by a dossier."""

    def __init__(self, desk: SoakDesk) -> None:
        self._desk = desk
        self._next = itertools.cycle((desk.expired, *[desk.ending] * (RENEWALS_OF_A_DOSSIER - 1)))

    def once(self) -> None:
        with self._desk.client() as client:
            applicant = Applicant(self._desk.desk, client)
            renewal = client.call("renewals.start", {"thumbprint": next(self._next)})
            ended = applicant.go_on(renewal)
        assert ended["state"] == "installed", ended
        self._desk.start_over()


def _until(ask: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := ask()) is None:
        assert time.monotonic() < deadline, f"no {what}"
        time.sleep(LOOK_SECONDS)
    return found


def _is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
