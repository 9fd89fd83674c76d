"""Run all measurements, or those named, and print a table of each: ``make bench``."""

import sys

from bench import (
    browser,
    command,
    drawers,
    host,
    idle,
    insertion,
    journal,
    listing,
    login,
    memory,
    polls,
    renewal,
    skf,
    sm2_renewal,
    start,
    windows,
    wine,
)

_ALL = {
    "command": command.main,
    "listing": listing.main,
    "insertion": insertion.main,
    "idle": idle.main,
    "skf": skf.main,
    "drawers": drawers.main,
    "memory": memory.main,
    "journal": journal.main,
    "polls": polls.main,
    "renewal": renewal.main,
    "sm2": sm2_renewal.main,
    "start": start.main,
    "windows": windows.main,
    "host": host.main,
    "browser": browser.main,
    "login": login.main,
    "wine": wine.main,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or _ALL:
        _ALL[name]()
