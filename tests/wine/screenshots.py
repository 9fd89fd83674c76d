"""Take the screenshots of docs/screenshots/windows: ``python tests/wine/screenshots.py [--folder FOLDER]``.

They are of a Windows in Chinese that Wine shows, with its own task bar: the agent with a token of SoftHSM's
whose certificate has ended, its windows, the tray's menu and a reminder. Whoever changes one of these looks
at them; frames and task bar are drawn by Wine. All states of all windows as they look there are taken by
``tests/wine/run --zh python tests/windows/screenshots.py --folder FOLDER``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from parts import ROOT
from seat import ICON, Seat, desk_for, desktop, sitting, until

FOLDER = ROOT / "docs" / "screenshots" / "windows"
WINDOWS = {"renew": "证照更新", "pin": "修改PIN码", "settings": "设置"}
"""Opened one after the other above the main window."""
QUIET = 3.0
BALLOON = range(40, 100)
"""Its height."""


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description="Take the screenshots of the program on Windows.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with desktop() as (windows, display), desk_for(windows), sitting(windows, display) as seat:
        _take_all(seat, folder)


def _take_all(seat: Seat, folder: Path) -> None:
    until(lambda: any(b - t in BALLOON for _, _, t, _, b in seat.ask("windows")))
    _take(seat, folder / "reminder.png")
    seat.open("main", "证照管家")
    for name, title in WINDOWS.items():
        seat.open(name, title)
        _take(seat, folder / f"{name}.png")
        seat.press("Escape")
        until(lambda: seat.is_in_front("证照管家"))
    seat.click(*ICON, button=3)
    _take(seat, folder / "main.png")


def _take(seat: Seat, file: Path) -> None:
    shown = seat.settled(quiet=QUIET).quantize(256, dither=Image.Dither.NONE)
    shown.save(file, optimize=True)
    print(file.name, file.stat().st_size, flush=True)


if __name__ == "__main__":
    main()
