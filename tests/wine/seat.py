"""Somebody who sits at a Windows: a screen with Wine's own task bar, keys, mouse, the agent of a desk."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from desks import HOME
from machine import Language, Windows, look_by, running
from PIL import Image, ImageChops
from softhsm import softhsm

from agent.ground import language as words

EYES = Path(__file__).with_name("eyes")
WIDTH, HEIGHT = 1280, 800
SECONDS = 120.0
"""For whatever is waited for, on a machine that has much else to do; a quiet one waits for none of it."""
TRY_SECONDS = 30.0
"""After which what was pressed is taken to be lost, where pressing it again does no harm."""
MOST_TABS = 40
DOTS = frozenset("\u25cf\u2022*")
"""What stands for a character of a PIN."""
CARET = 60
"""Pixels that blink where something can be typed."""
ICON = (WIDTH - 12, HEIGHT - 10)
"""Where the task bar shows the only icon."""


@dataclass(frozen=True)
class Seen:
    """What has the keyboard, as a screen reader says it (``eyes/sitecustomize.py``)."""

    title: str
    """Of its window."""
    name: str
    text: str
    can: bool
    """Whether it can be used."""
    number: int
    """Grows each time the keyboard goes elsewhere."""

    def is_called(self, name: str) -> bool:
        """Return whether this is its name; a field that has to be filled in has a star behind it."""
        return self.name.removesuffix(" *") == name


class Seat:
    """A person there. What agent and windows are like tells a process that waits for questions.

    Whoever presses a key waits before for what has the keyboard, and after for what came of it: nothing is
    typed into a window that is not ready for it, and nothing twice.
    """

    def __init__(self, windows: Windows, display: str) -> None:
        self._seen = windows.file(HOME) / "seen"
        self._environment = {**windows.environment, "DISPLAY": display}
        self._display = display
        script = windows.path(Path(__file__).with_name("seat_there.py"))
        self._there = windows.start(windows.python, script, HOME, stderr=subprocess.DEVNULL)
        ready = self._answer()
        assert ready == "ready", ready

    def ask(self, *question: object) -> Any:
        """Return what the process there says; see seat_there."""
        assert self._there.stdin is not None
        self._there.stdin.write(json.dumps(question).encode() + b"\n")
        self._there.stdin.flush()
        answer = self._answer()
        assert "error" not in answer, answer
        return answer["result"]

    def call(self, method: str, **params: object) -> Any:
        """Call a method of the agent."""
        return self.ask("call", method, params)

    def is_in_front(self, title: str) -> bool:
        """Return whether the window of this title has the keyboard."""
        return bool(self.ask("front") == title)

    def open(self, name: str, title: str, **subject: str) -> None:
        """Have a window opened, and wait until it has the keyboard."""
        self.call("windows.open", name=name, **subject)
        until(lambda: self.is_in_front(title))

    def seen(self, title: str) -> Seen | None:
        """Return what has the keyboard in the window of this title, which is in front; None before that."""
        for file in self._seen.glob("*.json"):
            with contextlib.suppress(OSError):  # it is written anew
                seen = Seen(**json.loads(file.read_text("utf-8")))
                if seen.title == title:
                    return seen
        return None

    def at(self, title: str, name: str) -> Seen:
        """Wait until what is called so has the keyboard in that window, and can be used."""

        def there() -> Seen | None:
            seen = self.seen(title)
            return seen if seen and seen.can and seen.is_called(name) else None

        return until(there, what=lambda: (f"{name!r} has not the keyboard", self.seen(title)))  # type: ignore[no-any-return]

    def go_to(self, title: str, name: str, *, key: str = "Tab") -> None:
        """Press the tab key until what is called so has the keyboard."""
        passed: list[str] = []
        while not (seen := until(partial(self.seen, title))).is_called(name):
            assert len(passed) < MOST_TABS, (name, passed)
            passed.append(seen.name)
            self.press(key)
            until(partial(self._has_gone_on, seen), what=lambda: (name, passed))
        self.at(title, name)

    def _has_gone_on(self, before: Seen) -> bool:
        now = self.seen(before.title)
        return now is not None and now.number > before.number

    def fill_in(self, title: str, name: str, text: str, *, paste: bool = False) -> None:
        """Have the field of this name hold a text, once it has the keyboard; of a PIN as many dots.

        What did not arrive whole is typed anew: half a PIN is never sent.
        """
        self.at(title, name)

        def filled() -> bool:
            if self.at(title, name).text:
                self.press("ctrl+a", "Delete")
                until(lambda: not self.at(title, name).text)
            if paste:
                self.ask("copy", text)
                self.press("ctrl+v")
            else:
                self.type(text)
            return bool(until(lambda: self._holds(title, text), TRY_SECONDS, fails=False))

        until(filled)

    def _holds(self, title: str, text: str) -> bool:
        shown = seen.text if (seen := self.seen(title)) else ""
        return shown == text or (len(shown) == len(text) and DOTS.issuperset(shown))

    def press(self, *keys: str) -> None:
        """Press keys, as xdotool names them."""
        self._xdotool("key", "--delay", "40", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._xdotool("type", "--delay", "30", text)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Press a button of the mouse at a place."""
        self._xdotool("mousemove", str(x), str(y), "sleep", "0.3", "click", str(button))

    def has_icon(self) -> bool:
        """Return whether the task bar shows an icon: it is of one colour where there is none."""
        x, y = ICON
        return len(self.shot().crop((x - 8, y - 8, x + 8, y + 8)).getcolors()) > 2  # type: ignore[arg-type]

    def menu(self) -> list[int] | None:
        """Return where the tray's menu is, the only window without a title that is as high."""
        windows = self.ask("windows")
        return next(
            (place for title, *place in windows if not title and place[3] - place[1] > 100), None
        )

    def shot(self) -> Image.Image:
        """Return what is on the screen."""
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            command = ("import", "-display", self._display, "-window", "root", file.name)
            subprocess.run(command, check=True, timeout=SECONDS)
            with Image.open(file.name) as picture:
                return picture.convert("RGB")

    def settled(self, *, quiet: float = 1.5) -> Image.Image:
        """Return the screen once it has stayed as it is for so many seconds: what was to be painted is."""
        shown, still_since = self.shot(), time.monotonic()
        deadline = still_since + SECONDS
        while time.monotonic() < min(deadline, still_since + quiet):
            time.sleep(0.3)
            now = self.shot()
            if _changed(now, shown) > CARET:
                shown, still_since = now, time.monotonic()
        return shown

    def end(self) -> None:
        """End the agent."""
        assert self._there.stdin is not None
        assert self._there.stdout is not None
        self._there.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._there.wait(SECONDS)
        self._there.stdout.close()

    def _answer(self) -> Any:
        assert self._there.stdout is not None
        line = self._there.stdout.readline()
        assert line, "the process there has ended"
        return json.loads(line)

    def _xdotool(self, *what: str) -> None:
        subprocess.run(["xdotool", *what], env=self._environment, check=True, timeout=SECONDS)


def until(
    ask: Callable[[], Any],
    seconds: float = SECONDS,
    *,
    fails: bool = True,
    what: Callable[[], object] | None = None,
) -> Any:
    """Return what ``ask`` says once it is something; what it said last where it need not be.

    ``what`` tells how it was instead.
    """
    deadline = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found or not fails, what() if what else ask
    return found


def zh(text: str) -> str:
    """Return what a window says in Chinese."""
    return words.look_up(text, words.Language.ZH)


def _changed(one: Image.Image, other: Image.Image) -> int:
    """Return how many pixels of two pictures differ."""
    difference = ImageChops.difference(one, other).convert("L")
    return one.width * one.height - difference.histogram()[0]


@contextlib.contextmanager
def sitting(windows: Windows, display: str) -> Iterator[Seat]:
    """Start the agent of the desk that lies there; it ends with the block."""
    seat = Seat(windows, display)
    try:
        yield seat
    finally:
        seat.end()


@contextlib.contextmanager
def desktop() -> Iterator[tuple[Windows, str]]:
    """A Chinese Windows with a screen of its own, task bar and SoftHSM; the Windows and the screen's name."""
    with (
        tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name,
        screen() as display,
        running(Path(name), Language.CHINESE, ODC_HOME=HOME, DISPLAY=display) as windows,
    ):
        look_by(windows, EYES)
        shutil.copytree(softhsm(), windows.drive / "SoftHSM2" / "lib")
        explorer = r"HKCU\Software\Wine\Explorer"
        windows.run("reg", "add", explorer, "/v", "Desktop", "/d", "shell", "/f")
        size = f"{WIDTH}x{HEIGHT}"
        windows.run("reg", "add", rf"{explorer}\Desktops", "/v", "shell", "/d", size, "/f")
        yield windows, display


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """Give a screen and return its name."""
    size = f"{WIDTH}x{HEIGHT}x24"
    command = ("Xvfb", "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        try:
            yield f":{server.stdout.readline().decode().strip()}"
        finally:
            server.terminate()
