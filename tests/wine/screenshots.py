"""Take the screenshots of docs/screenshots/windows: ``python tests/wine/screenshots.py [--folder FOLDER]``.

They are of a Windows in Chinese that Wine shows, with its own task bar: the agent with a token of SoftHSM's
whose certificate has ended, its windows, the tray's menu and a reminder. Whoever changes one of these looks
at them; frames and task bar are drawn by Wine.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageChops

sys.path.insert(0, str(Path(__file__).parent))

from machine import Language, Windows, running
from parts import ROOT
from softhsm import softhsm

FOLDER = ROOT / "docs" / "screenshots" / "windows"
WIDTH, HEIGHT = 1280, 800
ICON = (WIDTH - 12, HEIGHT - 10)
"""Where Wine's task bar shows the only icon."""
WINDOWS = ("renew", "pin", "settings")
"""Opened one after the other above the main window."""
SECONDS = 60.0
BALLOON = 10_000
"""Pixels: more than the icon, less than what it says."""
QUIET = 3.0
"""So long nothing on the screen changes once a window is painted."""


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description="Take the screenshots of the program on Windows.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name, _screen():
        place = {"ODC_HOME": r"C:\desk", "DISPLAY": os.environ["DISPLAY"]}
        with running(Path(name), Language.CHINESE, **place) as windows:
            _lay_out(windows)
            with _desk(windows), _agent(windows):
                _take_all(windows, folder)


def _take_all(windows: Windows, folder: Path) -> None:
    _settled()  # the desktop itself, which comes with the icon
    _settled(least=BALLOON).save(folder / "reminder.png", optimize=True)
    assert _does(windows, "window", "main")
    _settled()
    for name in WINDOWS:
        assert _does(windows, "window", name)
        _settled().save(folder / f"{name}.png", optimize=True)
        _press("key", "Escape")
    _press("mousemove", *map(str, ICON), "click", "3")
    _settled().save(folder / "main.png", optimize=True)


@contextlib.contextmanager
def _screen() -> Iterator[None]:
    command = (
        "Xvfb",
        "-displayfd",
        "1",
        "-screen",
        "0",
        f"{WIDTH}x{HEIGHT}x24",
        "-nolisten",
        "tcp",
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        os.environ["DISPLAY"] = f":{server.stdout.readline().decode().strip()}"
        try:
            yield
        finally:
            server.terminate()


def _lay_out(windows: Windows) -> None:
    """Give it SoftHSM, and a desktop with a task bar."""
    shutil.copytree(softhsm(), windows.drive / "SoftHSM2" / "lib")
    explorer = r"HKCU\Software\Wine\Explorer"
    windows.run("reg", "add", explorer, "/v", "Desktop", "/d", "shell", "/f")
    size = f"{WIDTH}x{HEIGHT}"
    windows.run("reg", "add", rf"{explorer}\Desktops", "/v", "shell", "/d", size, "/f")


@contextlib.contextmanager
def _desk(windows: Windows) -> Iterator[None]:
    """An authority, and a token whose certificate has ended; settings that remind."""
    script = windows.path(Path(__file__).with_name("desk_there.py"))
    with windows.start(windows.python, script, r"C:\desk") as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        settings = windows.drive / "desk" / "config.toml"
        settings.write_text(
            settings.read_text("utf-8").replace("notifications = false", ""), "utf-8"
        )
        try:
            yield
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(SECONDS)


@contextlib.contextmanager
def _agent(windows: Windows) -> Iterator[None]:
    command = (windows.python, "-m", "agent.cli", "run")
    with windows.start(*command, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        threading.Thread(target=process.stdout.read, daemon=True).start()
        try:
            while not _does(windows, "status"):
                time.sleep(1)
            yield
        finally:
            _does(windows, "quit")
            process.kill()


def _does(windows: Windows, *words: str) -> bool:
    """Run a command; return whether the agent did it."""
    done = windows.run(windows.python, "-m", "agent.cli", *words, env={"ODC_NO_START": "1"})
    return done.returncode == 0


def _press(*what: str) -> None:
    subprocess.run(["xdotool", *what], check=True)


def _settled(*, least: int = 1) -> Image.Image:
    """Return the screen once at least so many pixels have changed, and it stays as it is."""
    before = shown = _shot()
    still_since, deadline = time.monotonic(), time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        time.sleep(0.5)
        now = _shot()
        if now.tobytes() != shown.tobytes():
            shown, still_since = now, time.monotonic()
        if _changed(before, shown) >= least and time.monotonic() - still_since > QUIET:
            break
    return shown.quantize(256, dither=Image.Dither.NONE)


def _changed(one: Image.Image, other: Image.Image) -> int:
    """Return how many pixels of two pictures differ."""
    difference = ImageChops.difference(one, other).convert("L")
    return one.width * one.height - difference.histogram()[0]


def _shot() -> Image.Image:
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        subprocess.run(["import", "-window", "root", file.name], check=True)
        with Image.open(file.name) as picture:
            return picture.convert("RGB")


if __name__ == "__main__":
    main()
