"""Take the screenshots of docs/screenshots/windows: ``python tests/wine/screenshots.py [--folder FOLDER]``.

They are of a Windows in Chinese that Wine shows, with its own task bar: the agent with a token of SoftHSM's
whose certificate has ended, its windows, a whole renewal, a page's question, the tray's menu and a reminder.
Whoever changes one of these looks at them; frames and task bar are drawn by Wine. All states of all windows
as they look there are taken by ``tests/wine/run --zh python tests/windows/screenshots.py --folder FOLDER``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))

from desks import HOME, desk_for
from parts import ROOT
from seat import ICON, Seat, desktop, sitting, until, zh

from agent.renewals.authorities.ra_protocol import ApplicantField
from agent.renewals.dossier.findings import FIELD_NAMES
from sandbox.authority.sms import Outbox
from sandbox.desk.desk import Desk, Holder

FOLDER = ROOT / "docs" / "screenshots" / "windows"
MAIN, RENEW, QUESTION = (
    zh(title) for title in ("Certificate Manager", "Renew certificate", "A site wants your token")
)
WINDOWS = {
    "pin": (zh("Change PIN"), zh("Old PIN")),
    "settings": (zh("Settings"), zh("Language")),
}
"""Opened one after the other above the main window, and what has the keyboard there once it is ready."""
RENEW_LINE = 101
"""Pixels from the menu's lower edge to its line of that name."""
QUIET = 3.0
BALLOON = range(40, 100)
"""Its height."""
PIN = Holder().pin


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description="Take the screenshots of the program on Windows.")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with (
        desktop() as (windows, display),
        desk_for(windows) as desk,
        sitting(windows, display) as seat,
    ):
        _take_all(seat, folder)
        _take_renewal(seat, desk, folder)
        _take_question(seat, folder)


def _take_all(seat: Seat, folder: Path) -> None:
    until(lambda: any(b - t in BALLOON for _, _, t, _, b in seat.ask("windows")))
    _take(seat, folder / "reminder.png")
    seat.open("main", MAIN)
    for name, (title, first) in WINDOWS.items():
        seat.open(name, title)
        seat.at(title, first)
        _take(seat, folder / f"{name}.png")
        seat.press("Escape")
        until(lambda: seat.is_in_front(MAIN))
    seat.click(*ICON, button=3)
    left, _, _, bottom = until(seat.menu)
    _take(seat, folder / "main.png")
    seat.click(left + 60, bottom - RENEW_LINE)


def _take_renewal(seat: Seat, desk: Desk, folder: Path) -> None:
    """One page after the other of a whole renewal, in the window that the menu has opened."""
    seat.at(RENEW, zh("Update both"))
    _take(seat, folder / "renew.png")
    seat.press("space")
    until(lambda: _renewal(seat) and _renewal(seat)["waiting"] == "APPLICANT")
    seat.at(RENEW, zh(FIELD_NAMES[ApplicantField.ID_NUMBER]))
    _take(seat, folder / "renew-dossier.png")
    identifier = _renewal(seat)["id"]
    applicant = json.loads((desk.dossier / "applicant.json").read_text("utf-8"))
    scans = {file.stem: rf"{HOME}\dossier\{file.name}" for file in desk.dossier.glob("*.[jp][pn]g")}
    seat.call("renewals.submit_dossier", id=identifier, applicant=applicant, documents=scans)
    seat.at(RENEW, zh("PIN"))
    _take(seat, folder / "renew-pin.png")
    _enter(seat, zh("PIN"), PIN)
    seat.at(RENEW, zh("Send the code"))
    seat.press("space")
    outbox = Outbox(desk.home.outbox)
    until(lambda: outbox.messages(identifier))
    seat.at(RENEW, zh("SMS code"))
    _take(seat, folder / "renew-sms.png")
    _enter(seat, zh("SMS code"), outbox.messages(identifier)[-1].code)
    _enter(seat, zh("PIN"), PIN)
    until(lambda: _renewal(seat)["state"] == "installed")
    seat.at(RENEW, zh("Close"))
    _take(seat, folder / "renew-end.png")
    seat.press("Escape")
    until(lambda: not seat.is_in_front(RENEW))


def _take_question(seat: Seat, folder: Path) -> None:
    asked = {"origin": "https://etax.example.gov.cn", "nonce": "bm9uY2U" * 7}
    seat.ask("page", "browser.login", asked)
    until(lambda: any(title == QUESTION for title, *_ in seat.ask("windows")))
    _take(seat, folder / "question.png")


def _renewal(seat: Seat) -> Any:
    return next(iter(seat.call("renewals.list")["renewals"]), None)


def _enter(seat: Seat, name: str, text: str) -> None:
    seat.fill_in(RENEW, name, text)
    seat.press("Return")


def _take(seat: Seat, file: Path) -> None:
    shown = seat.settled(quiet=QUIET).quantize(256, dither=Image.Dither.NONE)
    shown.save(file, optimize=True)
    print(file.name, file.stat().st_size, flush=True)


if __name__ == "__main__":
    main()
