"""The wire to vpcd, the virtual reader of the vsmartcard project (its virtualsmartcard/src/vpcd/vpcd.c).

The reader listens, the card connects: that is plugging in, and a closed connection is pulling out.
Messages have a 16-bit length in front. One byte is a control code, anything longer an APDU; every
message but those about power has one answer.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import time
from collections.abc import Callable
from enum import IntEnum, unique
from pathlib import Path

from sandbox.usb_token.card import ATR, Card

PORTS = (35963, 35964)
"""Where vpcd listens: a reader with two slots, one port each (0x8C7B in /etc/reader.conf.d/vpcd)."""
_LENGTH = struct.Struct(">H")
_PCSCD_SOCKET = Path("/run/pcscd/pcscd.comm")
_WAKING_SECONDS = 3.0


@unique
class Control(IntEnum):
    """The one-byte messages."""

    OFF = 0
    ON = 1
    RESET = 2
    ATR = 4


class NoReaderError(Exception):
    """Nothing listens where the reader should be."""


def connect(port: int) -> socket.socket:
    """Plug in: connect to the reader, having woken pcscd where systemd starts it on demand.

    Raises:
        NoReaderError: no reader listens.
    """
    deadline = time.monotonic() + _WAKING_SECONDS
    while True:
        try:
            return _connect(port)
        except OSError as error:
            if not _wake_pcscd() or time.monotonic() > deadline:
                raise NoReaderError from error
        time.sleep(0.05)


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    if connection.getsockname() == connection.getpeername():
        # The port is among those the system gives to clients, so this is our own other end.
        connection.close()
        raise ConnectionRefusedError
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _wake_pcscd() -> bool:
    """Connect to pcscd's own socket, as any PC/SC program does; say whether somebody is there."""
    if sys.platform == "win32":
        return False
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(_PCSCD_SOCKET))
        return True
    return False


def serve(connection: socket.socket, card: Card, powered: Callable[[], None]) -> None:
    """Be the card in the reader until the connection ends; ``powered`` is called when power comes."""
    while (message := _receive(connection)) is not None:
        reply = _reply(card, message)
        if message == bytes([Control.ON]):
            powered()
        if reply is not None:
            try:
                connection.sendall(_LENGTH.pack(len(reply)) + reply)
            except OSError:
                return


def _reply(card: Card, message: bytes) -> bytes | None:
    if message == bytes([Control.ATR]):
        return ATR
    if message in (bytes([Control.OFF]), bytes([Control.ON]), bytes([Control.RESET])):
        card.reset()
        return None
    return card.answer(message)


def _receive(connection: socket.socket) -> bytes | None:
    """Return the next message, or None at the end."""
    header = _receive_exactly(connection, _LENGTH.size)
    if header is None:
        return None
    if sys.platform == "linux":
        # vpcd 3.3 sends the length by itself and, by Nagle's rule, the rest only when that has been
        # acknowledged: else 40 ms later for every message. The option holds for one time only.
        with contextlib.suppress(OSError):  # the end is seen by the next reading
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
    return _receive_exactly(connection, _LENGTH.unpack(header)[0])


def _receive_exactly(connection: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        try:
            part = connection.recv(size - len(data))
        except OSError:
            return None
        if not part:
            return None
        data += part
    return data
