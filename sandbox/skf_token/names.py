"""Lists of names as calls return them: each ends with NUL, the list with another (6.3). Pure."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str], encoding: str) -> bytes:
    """Return a list of names; one NUL where there are none."""
    return b"".join(name.encode(encoding) + b"\0" for name in names) + b"\0"


def spoilt(content: bytes, kind: str) -> bytes:
    """Return a list as libraries have it that do it otherwise (``faults.OF_LISTS``)."""
    match kind:
        case "nothing":
            return b""
        case "one_nul":
            return content[:-1] or b"\0"
        case "three_nuls":
            return content + b"\0" * (3 - len(content[-2:]))
        case "many":
            first, _, _ = content.partition(b"\0")
            return (first + b"\0") * 10_000 + b"\0"
    return b"A" * (64 << 10)
