"""The browsers the host registers with: a table (``browsers.toml``) an administrator can extend."""

from __future__ import annotations

import os
import shutil
import sys
import tomllib
from collections.abc import Iterable
from enum import StrEnum, unique
from pathlib import Path
from typing import Annotated

import msgspec

from agent.ground.decoding import converted
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.ground.text_files import read_text_file

CHROMIUM_FOLDER = "NativeMessagingHosts"
"""Inside a profile (user data folder) of the Chromium family."""
TABLE = Path(__file__).with_name("browsers.toml")


class BrowserTableError(OdcError):
    """A file of browsers does not say what it must say."""

    code = "browser_table_invalid"
    sentence = mark("The file of browsers {file} is not valid: {reason}")
    advice = mark("Correct the file and try again.")


@unique
class Family(StrEnum):
    """How a browser names the extensions that may start a host."""

    CHROMIUM = "chromium"
    FIREFOX = "firefox"


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a browser looks on one operating system."""

    user: str = ""
    """Folder of this user's manifests."""
    system: str = ""
    """Folder of everybody's manifests."""
    key: str = ""
    """Registry key, on Windows."""

    @property
    def user_folder(self) -> Path | None:
        """The folder of this user's manifests; None where there is none."""
        configured = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
        return Path(self.user.replace("$CONFIG", configured)).expanduser() if self.user else None


class Browser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the table."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]
    title: str = ""
    family: Family = Family.CHROMIUM
    programs: tuple[str, ...] = ()
    """Names under which it is started."""
    linux: Place | None = None
    darwin: Place | None = None
    win32: Place | None = None
    snap: str = ""
    flatpak: str = ""
    is_verified: bool = True
    enabled: bool = True

    @property
    def place(self) -> Place | None:
        """Its place on this operating system; None where none is known."""
        return {"linux": self.linux, "darwin": self.darwin, "win32": self.win32}.get(sys.platform)

    @property
    def is_present(self) -> bool:
        """Whether the browser is installed or has been used by this user."""
        folder = self.place.user_folder if self.place else None
        # os.path: a home of which this user may not see all has no such folder, and no exception.
        has_data = folder is not None and os.path.isdir(folder.parent)  # noqa: PTH112
        return has_data or any(map(shutil.which, self.programs))

    @property
    def sandboxes(self) -> tuple[str, ...]:
        """How it is installed in a sandbox: ``Snap``, ``Flatpak``."""
        home = Path.home()
        is_snap = bool(self.snap) and os.path.isdir(home / "snap" / self.snap)  # noqa: PTH112
        is_flatpak = bool(self.flatpak) and os.path.isdir(home / ".var/app" / self.flatpak)  # noqa: PTH112
        return (*(["Snap"] if is_snap else []), *(["Flatpak"] if is_flatpak else []))


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    browser: tuple[Browser, ...] = ()


def load_browsers(folders: Iterable[Path] = ()) -> tuple[Browser, ...]:
    """Return the browsers of the built-in table and of ``*.toml`` in ``folders``, the last one first.

    Raises:
        BrowserTableError: a file is not TOML, or an entry of another form.
    """
    files = [TABLE, *(file for folder in folders for file in sorted(folder.glob("*.toml")))]
    found = {browser.name: browser for file in files for browser in _read(file)}
    return tuple(browser for browser in found.values() if browser.enabled)


def _read(file: Path) -> tuple[Browser, ...]:
    try:
        values = tomllib.loads(read_text_file(file))
        return converted(values, _Table).browser
    except (OSError, ValueError) as error:  # another encoding, no TOML, another form
        raise BrowserTableError(file=str(file), reason=reason_of(error)) from error
