"""Linux: a file for the desktop's start (Desktop Application Autostart Specification), or a systemd unit.

Both would start the agent twice; the second one ends at once, but whoever switches it off would have to
find both. What the package or an administrator put there for everybody is let be where it starts this
installation; a file of the user's own is written where nothing else does.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from agent.system.autostart.model import Way
from agent.system.files import write_private

FILE_NAME = "odc-agent.desktop"
UNIT_NAME = "odc-agent.service"
_NOBODY = Path("/dev/null")
_SYSTEM_UNITS = ("/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user")
_RESERVED = frozenset(" \t\n\"'\\><~|&;$*?#()`")
"""Characters that want quotes in an Exec key (Desktop Entry Specification, The Exec key)."""


class LinuxAutostart:
    """See agent.system.autostart.Autostart."""

    def __init__(self, command: Sequence[str], installation: Path | None = None) -> None:
        """Start ``command``; system-wide files that start a program of ``installation`` do so already."""
        self._command = list(command)
        self._installation = installation

    def ways(self) -> list[Way]:
        """Return the file that counts, if it starts anything, and the unit, if it is switched on."""
        found = []
        file = next((file for file in _files() if file.exists()), None)
        if file is not None and (program := _started_by(file)) is not None:
            found.append(Way(str(file), shutil.which(program) is not None))
            if self._is_ours(program):
                return found  # it starts the unit where there is one: no second start
        if unit := next(_wanted_units(), None):
            found.append(Way(str(unit), unit.exists()))
        return found

    def switch_on(self) -> None:
        """Let what starts this agent for everybody do so, else a unit that is on, else a file of ours."""
        if _is_masked():
            _mask().unlink()
        if self._is_started_for_everybody():
            _user_file().unlink(missing_ok=True)
        elif any(unit.exists() for unit in _wanted_units()):
            self._have_file_start_nothing()
        else:
            write_private(_user_file(), _desktop_entry(self._command).encode())

    def switch_off(self) -> None:
        """Have neither file nor unit start anything for this user."""
        self._have_file_start_nothing()
        for unit in list(_wanted_units()):
            if unit.is_relative_to(_user_units()):
                unit.unlink()
        if next(_wanted_units(), None) is not None:
            _mask().parent.mkdir(parents=True, exist_ok=True)
            _mask().unlink(missing_ok=True)
            _mask().symlink_to(_NOBODY)

    def _is_started_for_everybody(self) -> bool:
        file = next((file for file in _files()[1:] if file.exists()), None)
        program = None if file is None else _started_by(file)
        return program is not None and self._is_ours(program)

    def _is_ours(self, program: str) -> bool:
        """Return whether a program that is there belongs to this installation."""
        found = shutil.which(program)
        if found is None or self._installation is None:
            return False
        return Path(found).resolve().is_relative_to(self._installation.resolve())

    def _have_file_start_nothing(self) -> None:
        _user_file().unlink(missing_ok=True)
        if any(file.exists() for file in _files()):
            # A file of the same name, nearer to the user, hides the system's.
            write_private(_user_file(), b"[Desktop Entry]\nType=Application\nHidden=true\n")


def _user_file() -> Path:
    return _config() / "autostart" / FILE_NAME


def _files() -> list[Path]:
    """Return where such a file may be, the one that counts first."""
    system = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    folders = [_config(), *map(Path, filter(None, system.split(":")))]
    return [folder / "autostart" / FILE_NAME for folder in folders]


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _user_units() -> Path:
    return _config() / "systemd" / "user"


def _mask() -> Path:
    return _user_units() / UNIT_NAME


def _is_masked() -> bool:
    return _mask().is_symlink() and _mask().readlink() == _NOBODY


def _wanted_units() -> Iterator[Path]:
    """Yield the links by which a target of the user's systemd starts the unit, unless it is masked."""
    if _is_masked():
        return
    for folder in (_user_units(), *map(Path, _SYSTEM_UNITS)):
        yield from folder.glob(f"*.wants/{UNIT_NAME}")


def _started_by(file: Path) -> str | None:
    """Return the program an autostart file starts; None where it is switched off."""
    try:
        lines = file.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    entry = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    values = {key.strip(): value.strip() for key, value in entry.items()}
    is_off = values.get("Hidden") == "true" or values.get("X-GNOME-Autostart-enabled") == "false"
    if is_off:
        return None
    try:
        words = shlex.split(values.get("Exec", ""))
    except ValueError:
        words = []
    if words[:1] == ["/usr/bin/env"]:
        words = [word for word in words[1:] if "=" not in word]
    return words[0] if words else ""


def _desktop_entry(command: Sequence[str]) -> str:
    return "\n".join(
        (
            "[Desktop Entry]",
            "Type=Application",
            "Name=Certificate Manager",
            "Name[zh_CN]=证照管家",
            f"Exec={' '.join(map(_quoted, command))}",
            "Terminal=false",
            "NoDisplay=true",
            "",
        )
    )


def _quoted(word: str) -> str:
    """Return a word as the Exec key wants it: quoted where it must be, ``%`` doubled."""
    word = word.replace("%", "%%")
    if word and _RESERVED.isdisjoint(word):
        return word
    escaped = "".join(f"\\{c}" if c in '"`$\\' else c for c in word)
    # The file's own escapes come on top (Value types: string).
    return '"' + escaped.replace("\\", "\\\\") + '"'
