"""The card as a reader sees it: bytes in, bytes out, and everything saved before it is answered.

Chains of commands are joined (ISO 7816-4:2013, 5.3.3), long answers fetched in pieces (5.3.4).
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from sandbox.usb_token.apdu import EXTENDED_MAXIMUM, SHORT_MAXIMUM, Command, parse_command
from sandbox.usb_token.applet import Applet
from sandbox.usb_token.state import CardState, decode_state, encode_state
from sandbox.usb_token.status import BYTES_LEFT, CardError, StatusWord

log = logging.getLogger(__name__)

ATR = bytes.fromhex("3b80800101")
"""Answer to reset without historical bytes, T=0 and T=1 (ISO 7816-3, 8.2), as contactless cards give."""
_GET_RESPONSE = 0xC0


class Card:
    """Answers APDUs; ``save`` keeps the encoded state and may raise OSError."""

    def __init__(self, state: CardState, save: Callable[[bytes], None]) -> None:
        self._save = save
        self._saved = encode_state(state)
        self._start(state)

    def _start(self, state: CardState) -> None:
        self._state = state
        self._applet = Applet(state)
        self._chain: Command | None = None
        self._rest = b""

    def reset(self) -> None:
        """Lose power, or be reset."""
        self._applet.reset()
        self._chain = None
        self._rest = b""

    def answer(self, raw: bytes) -> bytes:
        """Return the response APDU; every command has one."""
        data, status = b"", int(StatusWord.OK)
        try:
            data, status = self._carry_out(parse_command(raw))
        except CardError as error:
            status = error.status
        try:
            self._keep()
        except OSError:
            log.exception("the token cannot be saved; the command has not happened")
            self._start(decode_state(self._saved))
            data, status = b"", int(StatusWord.NOT_SAVED)
        return data + status.to_bytes(2, "big")

    def _keep(self) -> None:
        text = encode_state(self._state)
        if text != self._saved:
            self._save(text)
            self._saved = text

    def _carry_out(self, command: Command) -> tuple[bytes, int]:
        limit = command.expected or SHORT_MAXIMUM
        if command.ins == _GET_RESPONSE:
            return self._piece(self._rest, limit)
        self._rest = b""
        joined = self._joined(command)
        if joined is None:
            return b"", StatusWord.OK
        return self._piece(self._applet.carry_out(joined), limit)

    def _joined(self, command: Command) -> Command | None:
        """Return the whole command, or None while more of its chain is to come."""
        before, self._chain = self._chain, None
        if before is not None:
            if before.header != command.header:
                raise CardError(StatusWord.LAST_OF_CHAIN_EXPECTED)
            data = before.data + command.data
            if len(data) >= EXTENDED_MAXIMUM:
                raise CardError(StatusWord.WRONG_LENGTH)
            command = Command(command.cla, *command.header, data, command.expected)
        if command.is_chained:
            self._chain = command
            return None
        return command

    def _piece(self, data: bytes, limit: int) -> tuple[bytes, int]:
        piece, self._rest = data[:limit], data[limit:]
        left = len(self._rest)
        return piece, (
            BYTES_LEFT | (left if left < SHORT_MAXIMUM else 0)
        ) if left else StatusWord.OK
