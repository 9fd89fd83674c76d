"""Rows in the pages of a SQLite file, whatever became of the trees that lead to them. Pure.

Read by the file format (sqlite.org/fileformat2.html), since SQLite itself gives up a table at the first page
that is damaged on the way to its rows. Old copies of rows may lie in pages that are not in use any more.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Mapping

Value = None | int | float | str | bytes
Row = tuple[Value, ...]

_MAGIC = b"SQLite format 3\0"
_USUAL_PAGE = 4096
_FIRST_HEADER = 100
"""Bytes of the database's header, at the beginning of its first page."""
_LEAF = 0x0D
"""The type of a page with a table's rows."""
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Bytes of an integer, by its serial type."""
_WAL_HEADER, _FRAME_HEADER = 32, 24


def pages_of(content: bytes, log: bytes = b"") -> dict[int, bytes]:
    """Return the pages of a database by number, those of its write-ahead log in place of older ones."""
    size = _page_size(content)
    pages = {
        number: content[start : start + size]
        for number, start in enumerate(range(0, len(content) - size + 1, size), 1)
    }
    return pages | _committed(log, size)


def rows_in(pages: Mapping[int, bytes]) -> Iterator[Row]:
    """Yield every row of every table; what is damaged is passed over."""
    for number, page in pages.items():
        start = _FIRST_HEADER if number == 1 else 0
        if page[start] != _LEAF:
            continue
        (count,) = struct.unpack_from(">H", page, start + 3)
        for index in range(min(count, len(page) // 4)):
            try:
                (cell,) = struct.unpack_from(">H", page, start + 8 + 2 * index)
                yield _record(_payload(pages, page, cell))
            except (IndexError, KeyError, ValueError, struct.error):
                continue


def _page_size(content: bytes) -> int:
    if not content.startswith(_MAGIC):
        return _USUAL_PAGE
    size = int.from_bytes(content[16:18], "big")
    size = 65536 if size == 1 else size
    return size if size >= 512 and not size & (size - 1) else _USUAL_PAGE


def _committed(log: bytes, size: int) -> dict[int, bytes]:
    """Return the pages of a write-ahead log up to its last commit."""
    pages: dict[int, bytes] = {}
    since: dict[int, bytes] = {}
    for start in range(_WAL_HEADER, len(log) - size - _FRAME_HEADER + 1, size + _FRAME_HEADER):
        number, is_commit = struct.unpack_from(">II", log, start)
        if log[start + 8 : start + 16] != log[16:24]:  # of an earlier round
            break
        since[number] = log[start + _FRAME_HEADER : start + _FRAME_HEADER + size]
        if is_commit:
            pages |= since
            since = {}
    return pages


def _payload(pages: Mapping[int, bytes], page: bytes, cell: int) -> bytes:
    """Return the bytes of a row, those on overflow pages included."""
    size, cell = _varint(page, cell)
    _rowid, cell = _varint(page, cell)
    usable = len(page)
    if size > usable * len(pages):
        raise ValueError("longer than the file")
    most, least = usable - 35, (usable - 12) * 32 // 255 - 23
    local = size
    if size > most:
        kept = least + (size - least) % (usable - 4)
        local = kept if kept <= most else least
    parts, rest = [page[cell : cell + local]], size - local
    following = page[cell + local : cell + local + 4]
    while rest > 0:
        overflow = pages[int.from_bytes(following, "big")]
        following = overflow[:4]
        parts.append(overflow[4 : 4 + rest])
        rest -= usable - 4
    return b"".join(parts)


def _record(payload: bytes) -> Row:
    length, at = _varint(payload, 0)
    types = []
    while at < length:
        kind, at = _varint(payload, at)
        types.append(kind)
    sizes = [_size(kind) for kind in types]
    starts = itertools.accumulate(sizes, initial=length)
    return tuple(
        _value(kind, payload[start : start + size])
        for kind, size, start in zip(types, sizes, starts, strict=False)
    )


def _size(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    return 8 if kind == 7 else _INTEGERS.get(kind, 0)


def _value(kind: int, raw: bytes) -> Value:
    if kind == 0:
        return None
    if kind in (8, 9):
        return kind - 8
    if kind == 7:
        return float(struct.unpack(">d", raw)[0])
    if kind in _INTEGERS:
        return int.from_bytes(raw, "big", signed=True)
    return raw.decode("utf-8", "replace") if kind % 2 else raw


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to nine bytes, and where it ends."""
    value = 0
    for count in range(8):
        byte = data[at + count]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + count + 1
    return value << 8 | data[at + 8], at + 9
