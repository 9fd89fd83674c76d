"""In what single libraries differ from the standard: our table, under what the configuration says."""

from __future__ import annotations

import functools
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from agent.tokens.model import Quirks

_TABLE = Path(__file__).with_name("quirks.toml")


class _Library(Quirks, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of the table."""

    name: str
    files: tuple[str, ...]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    library: tuple[_Library, ...]


def quirks_of(path: str, said: Quirks) -> Quirks:
    """Return what is known of the library at ``path``.

    Args:
        path: the library.
        said: by the configuration; counts more than the table.
    """
    name = Path(path).name.lower()
    known: dict[str, object] = {}
    for library in _table().library:
        if any(fnmatchcase(name, pattern.lower()) for pattern in library.files):
            known |= _told(library)
    return Quirks(**(known | _told(said)))  # type: ignore[arg-type] # both have its fields


def _told(quirks: Quirks) -> dict[str, object]:
    """Return the quirks something is said of."""
    values = ((name, getattr(quirks, name)) for name in Quirks.__struct_fields__)
    return {name: value for name, value in values if value is not None}


@functools.cache
def _table() -> _Table:
    return msgspec.convert(tomllib.loads(_TABLE.read_text("utf-8")), _Table)
