"""The browsers the host registers with, and where each looks: a table, to be extended by rows.

Folders are those of the user; nothing here needs an administrator. Chromium's family looks into its
configuration folder, which ``XDG_CONFIG_HOME`` moves; Firefox into the home folder alone.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

CHROMIUM_FOLDER = "NativeMessagingHosts"
"""Also the name inside a profile (user data folder) of the Chromium family."""
FIREFOX_FOLDER = "native-messaging-hosts"


@unique
class Family(StrEnum):
    """How a browser names the extensions that may start a host."""

    CHROMIUM = "chromium"
    FIREFOX = "firefox"


@unique
class Base(StrEnum):
    """What a browser's folder is relative to."""

    CONFIG = "config"
    HOME = "home"


@dataclass(frozen=True)
class Place:
    """A browser's data folder on one operating system; hosts are registered in ``subfolder``."""

    base: Base
    data: str
    subfolder: str

    def data_folder(self) -> Path:
        """Return where this user's data of the browser lies."""
        home = Path.home()
        if self.base is Base.HOME:
            return home / self.data
        configured = os.environ.get("XDG_CONFIG_HOME")
        return (Path(configured) if configured else home / ".config") / self.data

    def manifest_folder(self) -> Path:
        """Return where the browser looks for this user's hosts."""
        return self.data_folder() / self.subfolder


@dataclass(frozen=True)
class Browser:
    """One row: a browser, its places by ``sys.platform``, its programs' names."""

    name: str
    title: str
    family: Family
    places: Mapping[str, Place]
    programs: tuple[str, ...]

    @property
    def place(self) -> Place | None:
        """Its place on this operating system; None where none is known."""
        return self.places.get(sys.platform)

    @property
    def is_present(self) -> bool:
        """Whether the browser is installed or has been used by this user."""
        place = self.place
        if place is None:
            return False
        return place.data_folder().is_dir() or any(map(shutil.which, self.programs))


BROWSERS = (
    Browser(
        "chromium",
        "Chromium",
        Family.CHROMIUM,
        {"linux": Place(Base.CONFIG, "chromium", CHROMIUM_FOLDER)},
        ("chromium", "chromium-browser"),
    ),
    Browser(
        "chrome",
        "Google Chrome",
        Family.CHROMIUM,
        {"linux": Place(Base.CONFIG, "google-chrome", CHROMIUM_FOLDER)},
        ("google-chrome", "google-chrome-stable"),
    ),
    Browser(
        "firefox",
        "Firefox",
        Family.FIREFOX,
        {"linux": Place(Base.HOME, ".mozilla", FIREFOX_FOLDER)},
        ("firefox", "firefox-esr"),
    ),
)
