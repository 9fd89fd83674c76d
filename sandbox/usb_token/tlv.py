"""BER-TLV data objects with tags of one or two bytes (ISO 7816-4:2013, 5.2.2; X.690, 8.1). Pure."""

from __future__ import annotations

from sandbox.usb_token.status import CardError, StatusWord

_LONG_TAG = 0x1F
_LONG_LENGTH = 0x80
_LENGTH_BYTES = 2


def encode(tag: int, value: bytes) -> bytes:
    """Return one data object."""
    head = tag.to_bytes(2 if tag > 0xFF else 1, "big")
    if len(value) < _LONG_LENGTH:
        return head + bytes([len(value)]) + value
    size = len(value).to_bytes(1 if len(value) <= 0xFF else 2, "big")
    return head + bytes([_LONG_LENGTH | len(size)]) + size + value


def decode(data: bytes) -> dict[int, bytes]:
    """Return the data objects that lie one after the other in ``data``, by tag.

    Raises:
        CardError: they are cut short, or longer than any APDU.
    """
    found: dict[int, bytes] = {}
    reader = _Reader(data)
    while not reader.is_at_end:
        tag = reader.tag()
        found[tag] = reader.take(reader.length())
    return found


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def is_at_end(self) -> bool:
        return self._position >= len(self._data)

    def take(self, size: int) -> bytes:
        taken = self._data[self._position : self._position + size]
        if len(taken) < size:
            raise CardError(StatusWord.WRONG_DATA)
        self._position += size
        return taken

    def tag(self) -> int:
        first = self.take(1)[0]
        return first << 8 | self.take(1)[0] if first & _LONG_TAG == _LONG_TAG else first

    def length(self) -> int:
        first = self.take(1)[0]
        if first < _LONG_LENGTH:
            return first
        count = first & ~_LONG_LENGTH
        if not 0 < count <= _LENGTH_BYTES:
            raise CardError(StatusWord.WRONG_DATA)
        return int.from_bytes(self.take(count), "big")
