"""Calls by Python itself, without the library: what it says to the process is said here."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Iterator

from sandbox.skf_token.codes import Sar, SkfError
from sandbox.skf_token.server import HELLO
from sandbox.skf_token.sockets import connected
from sandbox.skf_token.wire import Fields, Value, encode, receive

_CLIENT_BYTES = 8


class Client:
    """A program that is connected to the process."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        number = int.from_bytes(secrets.token_bytes(_CLIENT_BYTES), "little")
        self._said(HELLO.encode(), number, b"")

    def call(self, name: str, *arguments: Value) -> Fields:
        """Call a function with its fields, as ``library/skf.c`` has them, and return what it gives.

        Raises:
            SkfError: with the numbers it gives all the same.
        """
        fields = self._said(name.encode(), *arguments)
        code = fields.number()
        fields.bytes(), fields.number()  # what a library is to do wrong
        if code != Sar.OK:
            raise SkfError(code, *([fields.number()] if fields else []))
        return fields

    def handle(self, name: str, *arguments: Value) -> int:
        """Call a function that gives a handle."""
        return self.call(name, *arguments).number()

    def _said(self, *values: Value) -> Fields:
        try:
            self._connection.sendall(encode(values))
        except OSError as error:
            raise SkfError(Sar.DEVICE_REMOVED) from error
        answer = receive(self._connection)
        if answer is None:
            raise SkfError(Sar.DEVICE_REMOVED)
        return answer


@contextlib.contextmanager
def client_of(address: str) -> Iterator[Client]:
    """Give a client of the process that listens at ``address``; DEVICE_REMOVED where none does."""
    try:
        connection = connected(address)
    except OSError as error:
        raise SkfError(Sar.DEVICE_REMOVED) from error
    with connection:
        yield Client(connection)
