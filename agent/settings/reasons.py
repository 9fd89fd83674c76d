"""Why a value is not taken, in words that say which would be. Pure."""

from __future__ import annotations

import enum
import re
import typing

import msgspec

_PLACE = re.compile(r" - at `\$\.?(?P<keys>[^`]*)`$")
"""Where a value stands, as msgspec ends its messages: ``$.network.proxy``, ``$.module[0].kind``."""


def reason(error: msgspec.ValidationError, root: type[msgspec.Struct]) -> str:
    """Return what ``error`` says; where only some words are taken, with those."""
    said = str(error)
    place = _PLACE.search(said)
    if place is None or not (words := _words(root, place["keys"])):
        return said
    return f"{said} ({' | '.join(words)})"


def _words(root: type[msgspec.Struct], keys: str) -> tuple[str, ...]:
    """Return the words a key takes, by its type; nothing where it takes others, too."""
    kind: object = root
    for key in re.sub(r"\[[^]]*]", "", keys).split("."):
        found = _fields(kind).get(key)
        if found is None:
            return ()
        kind = found
    return tuple(
        str(word)
        for one in _alternatives(kind)
        for word in (
            typing.get_args(one)
            if typing.get_origin(one) is typing.Literal
            else (member.value for member in one)
            if isinstance(one, enum.EnumMeta)
            else ()
        )
    )


def _fields(kind: object) -> dict[str, object]:
    """Return the types of a table's keys as they are written; of a list, of what stands in it."""
    return {
        field.encode_name: field.type
        for one in _alternatives(kind)
        if isinstance(one, type) and issubclass(one, msgspec.Struct)
        for field in msgspec.structs.fields(one)
    }


def _alternatives(kind: object) -> tuple[object, ...]:
    """Return what a union, a list or an optional may hold."""
    parts = typing.get_args(kind)
    if not parts or typing.get_origin(kind) is typing.Literal:
        return (kind,)
    return tuple(inner for part in parts for inner in _alternatives(part))
