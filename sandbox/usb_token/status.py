"""The status words a card answers with (ISO 7816-4:2013, 5.6), and the error that carries one."""

from __future__ import annotations

from enum import IntEnum, unique

TRIES_LEFT = 0x63C0
"""Verification failed; the last digit says how many tries are left."""
BYTES_LEFT = 0x6100
"""The last byte says how many more GET RESPONSE can fetch (0: 256 or more)."""


@unique
class StatusWord(IntEnum):
    """Every fixed status word of this card."""

    OK = 0x9000
    NOT_SAVED = 0x6581
    WRONG_LENGTH = 0x6700
    LAST_OF_CHAIN_EXPECTED = 0x6883
    SECURITY_NOT_SATISFIED = 0x6982
    BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_FILE_SELECTED = 0x6986
    WRONG_DATA = 0x6A80
    NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    NO_SPACE = 0x6A84
    WRONG_PARAMETERS = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    FILE_EXISTS = 0x6A89
    WRONG_OFFSET = 0x6B00
    UNKNOWN_INSTRUCTION = 0x6D00
    UNKNOWN_CLASS = 0x6E00


class CardError(Exception):
    """A command is refused; ``status`` is what the card answers."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status
