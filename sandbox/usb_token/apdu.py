"""Command APDUs (ISO 7816-4:2013, 5.1 and 5.2): what a reader sends to a card. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.usb_token.status import CardError, StatusWord

_CHAINING = 0x10
SHORT_MAXIMUM = 256
EXTENDED_MAXIMUM = 65536


@dataclass(frozen=True, slots=True)
class Command:
    """One command, its lengths decoded."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    expected: int = 0
    """Ne, the most bytes wanted back; 0 where the command has no Le."""

    @property
    def header(self) -> tuple[int, int, int]:
        """What stays equal over a chain of commands."""
        return self.ins, self.p1, self.p2

    @property
    def is_chained(self) -> bool:
        """Whether more commands of the same chain follow."""
        return bool(self.cla & _CHAINING)


def parse_command(raw: bytes) -> Command:
    """Decode an APDU of any of the seven cases.

    Raises:
        CardError: its lengths contradict each other, or it is of a class this card does not know.
    """
    if len(raw) < 4:
        raise CardError(StatusWord.WRONG_LENGTH)
    if raw[0] & ~_CHAINING:
        raise CardError(StatusWord.UNKNOWN_CLASS)
    data, expected = _split_body(raw[4:])
    return Command(raw[0], raw[1], raw[2], raw[3], data, expected)


def _split_body(body: bytes) -> tuple[bytes, int]:
    """Return the data field and Ne."""
    if not body:
        return b"", 0
    is_extended = body[0] == 0 and len(body) > 1
    width, maximum = (2, EXTENDED_MAXIMUM) if is_extended else (1, SHORT_MAXIMUM)
    # An extended length is announced by one zero byte, once.
    body = body[1:] if is_extended else body
    if len(body) == width:
        return b"", _expected(body, maximum)
    size = int.from_bytes(body[:width], "big")
    data, rest = body[width : width + size], body[width + size :]
    if not size or len(data) < size or len(rest) not in (0, width):
        raise CardError(StatusWord.WRONG_LENGTH)
    return data, _expected(rest, maximum) if rest else 0


def _expected(field: bytes, maximum: int) -> int:
    return int.from_bytes(field, "big") or maximum
