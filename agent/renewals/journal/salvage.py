"""What can still be read of a damaged journal.

Of an open renewal whose row is gone its name may stand in the history, or as the folder of its dossier.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import msgspec

from agent.ground import held_files
from agent.ground.decoding import from_json
from agent.renewals.journal.leftovers import Leftover
from agent.renewals.journal.pages import Row, pages_of, rows_in
from agent.renewals.journal.states import ENDED, State

_RENEWAL = (str, str, str, int, str, str, bytes)
_HISTORY = (str, str, str, (str, type(None)))
_LEFTOVER = (str, str, str, bytes, bytes)
_EARLIER_LEFTOVER = (str, str, bytes, bytes)
"""Which types the columns of the tables have: by these a row is known."""


class _Facts(msgspec.Struct, frozen=True):
    revision: int = 0


class Salvaged(msgspec.Struct, frozen=True):
    """Rows by table, as the newest schema has them."""

    rows: dict[str, list[Row]]

    @property
    def renewals(self) -> int:
        """How many renewals there are rows of; of the others only names are known."""
        return sum(bool(row[-1]) for row in self.rows["renewal"])


def salvage(file: Path, dossiers: Path, now: dt.datetime) -> Salvaged:
    """Return what can be read of the journal in ``file``; open renewals known by name alone included."""
    found = list(rows_in(pages_of(_content(file), _content(file.with_name(f"{file.name}-wal")))))
    history = [row for row in dict.fromkeys(found) if _has(row, _HISTORY) and row[2] in set(State)]
    history.sort(key=lambda row: str(row[1]))
    states = {str(row[0]): str(row[2]) for row in history}
    renewals = _newest(row for row in found if _has(row, _RENEWAL))
    for name in list(renewals):
        if states.get(name) in ENDED and renewals[name][3]:
            del renewals[name]  # an old copy: it came to its end since
    lost = {name for name, state in states.items() if state not in ENDED} | set(papers_in(dossiers))
    for name in sorted(lost - renewals.keys()):
        state = states.get(name, State.SUBMITTED.value)
        renewals[name] = (name, name, state, 1, now.isoformat(), "{}", b"")
    return Salvaged(
        {
            "renewal": list(renewals.values()),
            "history": [row for row in history if row[0] in renewals],
            "leftover": _leftovers(found),
        }
    )


def papers_in(folder: Path) -> list[str]:
    """Return the renewals that have papers in the folder of dossiers: they go when a renewal ends."""
    try:
        return sorted(each.name for each in folder.iterdir() if each.is_dir())
    except OSError:
        return []


def _content(file: Path) -> bytes:
    try:
        return held_files.read_bytes(file) if file.is_file() else b""
    except OSError:
        return b""


def _has(row: Row, types: tuple[type | tuple[type, ...], ...]) -> bool:
    return len(row) == len(types) and all(map(isinstance, row, types))


def _newest(rows: Iterable[Row]) -> dict[str, Row]:
    """Return of each renewal the row that was saved last."""
    newest: dict[str, Row] = {}
    for row in rows:
        name = str(row[0])
        if name not in newest or _revision(row) > _revision(newest[name]):
            newest[name] = row
    return newest


def _revision(row: Row) -> int:
    try:
        return from_json(str(row[5]), _Facts).revision
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return -1


def _leftovers(found: list[Row]) -> list[Row]:
    earlier = [(*row[:2], "", *row[2:]) for row in found if _has(row, _EARLIER_LEFTOVER)]
    rows = [row for row in (*found, *earlier) if _has(row, _LEFTOVER)]
    return [row for row in dict.fromkeys(rows) if _is_leftover(row[-1])]


def _is_leftover(facts: object) -> bool:
    try:
        from_json(facts if isinstance(facts, bytes) else b"", Leftover)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        return False
    return True
