"""The table of well-known libraries: ours, with what administrator and user add or take away."""

from __future__ import annotations

import glob
import os
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from agent.ground import held_files
from agent.ground.decoding import converted
from agent.ground.errors import reason_of
from agent.ground.text_files import written_text
from agent.system.trusted_files import see_to_writers
from agent.tokens.discovery.found import ModuleFileError, printable
from agent.tokens.discovery.p11_kit import multiarch_triplet
from agent.tokens.model import ModuleKind

_OURS = Path(__file__).with_name("well_known.toml")


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One library under the names and paths it is installed with."""

    name: str
    """What it is called; an entry of the same name further down the line replaces this one."""
    vendor: str = ""
    kind: ModuleKind | None = None
    """How it is spoken to where it can be so; else by what it exports first."""
    enabled: bool = True
    confirmed: bool = False
    """The file names have a public source; else they are likely only."""
    linux: tuple[str, ...] = ()
    """Paths, the best first: one library of an entry is served. ``*`` stands for any part,
    ``{triplet}`` for Debian's name of the architecture, ``%NAME%`` for a variable of Windows."""
    darwin: tuple[str, ...] = ()
    win32: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Files and folders its users have to be able to read; often a group of the system's may."""

    def candidates(self, platform: str) -> list[str]:
        """Return the library's files that exist on this system, the best first."""
        patterns = {"linux": self.linux, "darwin": self.darwin, "win32": self.win32}
        return [file for pattern in patterns.get(platform, ()) for file in _files(pattern)]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of entries."""

    module: tuple[Entry, ...] = ()


def read_tables(
    folders: Iterable[Path] = (), good: dict[Path, Table] | None = None
) -> tuple[tuple[Entry, ...], tuple[ModuleFileError, ...]]:
    """Return the entries of our table under those of ``folders``, later ones above earlier ones.

    Args:
        folders: where tables are.
        good: the tables as they were when they could last be read, by their files; these stand in for
            those that cannot. Those that can are put into it.
    """
    good = {} if good is None else good
    entries: dict[str, Entry] = {}
    problems = []
    for file in (_OURS, *(file for folder in folders for file in _tables_in(folder))):
        try:
            if file != _OURS:
                see_to_writers(file)
            good[file] = parse_table(held_files.read_bytes(file))
        except OSError as error:
            problems.append(ModuleFileError(file=printable(file), reason=reason_of(error)))
        except ValueError as error:
            problems.append(ModuleFileError(file=printable(file), reason=str(error)))
        if file in good:
            entries.update((entry.name, entry) for entry in good[file].module)
    return tuple(entry for entry in entries.values() if entry.enabled), tuple(problems)


def _tables_in(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix == ".toml")
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        return [folder]  # reading it says why it cannot be read


def parse_table(content: bytes) -> Table:
    """Return what a table file says.

    Raises:
        ValueError: it is not UTF-8, not TOML, or has a key that is unknown or of the wrong type.
    """
    try:
        return converted(tomllib.loads(written_text(content)), Table)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    except RecursionError as error:  # brackets without end
        raise ValueError("nested too deeply") from error


def _files(pattern: str) -> list[str]:
    """Return what exists of a pattern; of several versions the one that sorts last comes first."""
    if "{triplet}" in pattern:
        pattern = pattern.replace("{triplet}", multiarch_triplet())
    found = glob.glob(os.path.expandvars(pattern))  # noqa: PTH207 - patterns are whole paths
    return sorted((file for file in found if file == printable(file)), reverse=True)
