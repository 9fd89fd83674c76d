"""What of the administrator's policy can be used: key by key, so that one typo costs one key."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.ground.errors import OdcError
from agent.ground.reports import ErrorReport
from agent.settings.errors import (
    PolicyEntryError,
    PolicyKeyError,
    PolicyKeyMisspeltError,
    PolicyKeyUnknownError,
)
from agent.settings.keys import DEFAULTS, flattened, line_of, nested, why_wrong

_LISTS = frozenset({"authority", "identity_oid", "module", "portal"})
"""Keys whose value is a list of tables: a wrong one is left out, the others hold."""


def usable(
    file: Path, text: str, values: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[ErrorReport, ...]]:
    """Return the values that can be used, and what is wrong with the others."""
    good: dict[str, Any] = {}
    problems: list[ErrorReport] = []
    for key, value in flattened(values).items():
        wrong = list(_wrong(file, text, key, value))
        if not wrong:
            good[key] = value
        elif key in _LISTS and isinstance(value, list):
            good[key] = [entry for entry in value if why_wrong(file, key, [entry]) is None]
        problems.extend(error.report() for error in wrong)
    return nested(good), tuple(problems)


def _wrong(file: Path, text: str, key: str, value: object) -> Iterator[OdcError]:
    reason = why_wrong(file, key, value)
    if reason is None:
        return
    place: dict[str, Any] = {"file": str(file), "line": line_of(text, key), "key": key}
    entries = list(_wrong_entries(file, key, value))
    if key not in DEFAULTS:
        yield _unknown(place)
    elif entries:
        for index, why in entries:
            yield PolicyEntryError(**place | {"line": line_of(text, key, index)}, reason=why)
    else:
        yield PolicyKeyError(**place, reason=reason)


def _wrong_entries(file: Path, key: str, value: object) -> Iterator[tuple[int, str]]:
    """Yield which entries of a list of tables are wrong (from 0), and why."""
    if key not in _LISTS or not isinstance(value, list):
        return
    for index, entry in enumerate(value):
        if (reason := why_wrong(file, key, [entry])) is not None:
            yield index, reason


def _unknown(place: Mapping[str, Any]) -> OdcError:
    similar = difflib.get_close_matches(place["key"], DEFAULTS, n=1, cutoff=0.75)
    if similar:
        return PolicyKeyMisspeltError(**place, similar=similar[0])
    return PolicyKeyUnknownError(**place)
