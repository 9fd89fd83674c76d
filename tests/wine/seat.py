"""Somebody who sits at a Windows: a screen with Wine's own task bar, keys, mouse, the agent of a desk."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from machine import Language, Windows, running
from PIL import Image, ImageChops
from softhsm import LIBRARY, softhsm

from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import SOFTHSM, Desk

WIDTH, HEIGHT = 1280, 800
SECONDS = 120.0
"""For whatever is waited for, on a machine that has much else to do."""
CARET = 60
"""Pixels that blink where something can be typed."""
ICON = (WIDTH - 12, HEIGHT - 10)
"""Where the task bar shows the only icon."""
HOME = r"C:\desk"
SOFTHSM_THERE = rf"C:\SoftHSM2\lib\{LIBRARY}"


class Seat:
    """A person there. What agent and windows are like tells a process that waits for questions."""

    def __init__(self, windows: Windows, display: str) -> None:
        self._environment = {**windows.environment, "DISPLAY": display}
        self._display = display
        script = windows.path(Path(__file__).with_name("seat_there.py"))
        self._there = windows.start(windows.python, script, HOME, stderr=subprocess.DEVNULL)
        self._answer()

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


def until(ask: Callable[[], Any], seconds: float = SECONDS, *, fails: bool = True) -> Any:
    """Return what ``ask`` says once it is something; what it said last where it need not be."""
    deadline = time.monotonic() + seconds
    while not (found := ask()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found or not fails, ask
    return found


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
def desk_for(windows: Windows, extra: str = "") -> Iterator[Desk]:
    """An authority and a token whose certificate has ended, both of this machine, for an agent there.

    SoftHSM's files are the same on both. ``extra`` is more of the agent's configuration.
    """
    folder = windows.file(HOME)
    folder.mkdir(exist_ok=True)
    with Desk(folder) as desk:
        url = desk.start_authority("--approve-after", "0.2", "--retry-after", "1").url
        desk.issue_token("--expired-days", "961")
        write_sample_dossier(desk.dossier)
        desk.configure_agent(url, extra=extra)
        _name_as_there(windows, folder / "config.toml", {SOFTHSM: SOFTHSM_THERE})
        _name_as_there(windows, desk.token_configuration)
        yield desk


def _name_as_there(windows: Windows, file: Path, others: dict[str, str] | None = None) -> None:
    """Have a file name others as Windows does."""
    text = file.read_text("utf-8")
    here = str(windows.file(HOME))
    for before, after in {**(others or {}), here: HOME}.items():
        text = text.replace(
            before, after.replace("\\", "\\\\") if file.suffix == ".toml" else after
        )
    file.write_text(text, "utf-8")


@contextlib.contextmanager
def desktop() -> Iterator[tuple[Windows, str]]:
    """A Chinese Windows with a screen of its own, task bar and SoftHSM; the Windows and the screen's name."""
    with (
        tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name,
        screen() as display,
        running(Path(name), Language.CHINESE, ODC_HOME=HOME, DISPLAY=display) as windows,
    ):
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
