"""What is said between a worker and the process that loads a library for it. Pure.

A message is its size and its body; sizes and numbers are little-endian. A call's body is the length of a
function's name, the name, and its arguments, each a kind, a size and its content. An answer is the code and,
for each buffer in its order, whether it was written to, and its content where it was.

A PIN is in some of them: each is made in one buffer of its final size, and can be wiped as a whole.
"""

from __future__ import annotations

from agent.tokens.worker.skf.loaded import Argument, Buffer, ByValue

SIZE_BYTES = 4
MOST_BYTES = 16 << 20
_CODE_BYTES = 4
_NUMBER_BYTES = 8
_NULL, _NUMBER, _READ, _BUFFER, _BY_VALUE = range(5)


class BridgeError(ValueError):
    """What came is no such message."""


def wipe(message: bytearray) -> None:
    """Overwrite a message: a PIN may be in it."""
    message[:] = bytes(len(message))


def encoded(name: str, arguments: tuple[Argument | ByValue, ...]) -> bytearray:
    """Return the message that calls a function."""
    parts: list[bytes | bytearray] = [bytes((len(name),)), name.encode("ascii")]
    for argument in arguments:
        kind, content = _parts(argument)
        parts += (bytes((kind,)), _size(len(content)), content)
    return _message(parts)


def _parts(argument: Argument | ByValue) -> tuple[int, bytes | bytearray]:
    if argument is None:
        return _NULL, b""
    if isinstance(argument, int):
        return _NUMBER, argument.to_bytes(_NUMBER_BYTES, "little")
    if isinstance(argument, ByValue):
        return _BY_VALUE, argument.content
    if isinstance(argument, Buffer):
        return _BUFFER, argument.content
    return _READ, argument


class Call:
    """A call that came."""

    def __init__(self, body: bytearray) -> None:
        """Read it; BridgeError. The body stays the caller's, to be wiped."""
        self._body = body
        self._next = 0
        self.name = bytes(self._taken(self._taken(1)[0])).decode("ascii")
        self.arguments: list[Argument | ByValue] = []
        self._came: list[tuple[bytearray, int]] = []
        """Each buffer, and where in the body its content is as it came."""
        while self._next < len(body):
            self.arguments.append(self._argument())

    def _argument(self) -> Argument | ByValue:
        kind = self._taken(1)[0]
        size = int.from_bytes(self._taken(SIZE_BYTES), "little")
        start = self._next
        content = self._taken(size)
        if kind == _NULL:
            return None
        if kind == _NUMBER:
            return int.from_bytes(content, "little")
        if kind == _BY_VALUE:
            return ByValue(bytes(content))
        if kind == _READ:
            return bytes(content)
        if kind != _BUFFER:
            raise BridgeError(kind)
        self._came.append((content, start))
        return Buffer(content)

    def _taken(self, size: int) -> bytearray:
        if size > len(self._body) - self._next:
            raise BridgeError(size)
        self._next += size
        return self._body[self._next - size : self._next]

    def answer(self, code: int) -> bytearray:
        """Return the message with what the function said, and wrote."""
        parts: list[bytes | bytearray] = [code.to_bytes(_CODE_BYTES, "little")]
        for buffer, start in self._came:
            is_changed = buffer != memoryview(self._body)[start : start + len(buffer)]
            parts.append(bytes((is_changed,)))
            if is_changed:
                parts.append(buffer)
        return _message(parts)

    def wipe(self) -> None:
        """Overwrite the buffers."""
        for buffer, _ in self._came:
            wipe(buffer)


def take_answer(body: bytearray, arguments: tuple[Argument | ByValue, ...]) -> int:
    """Put what a function wrote into the caller's buffers, and return its code; BridgeError."""
    if len(body) < _CODE_BYTES:
        raise BridgeError(len(body))
    at = _CODE_BYTES
    for argument in arguments:
        if not isinstance(argument, Buffer):
            continue
        buffer = argument.content
        is_changed = any(body[at : at + 1])
        at += 1
        if is_changed:
            if len(body) - at < len(buffer):
                raise BridgeError(len(body))
            buffer[:] = memoryview(body)[at : at + len(buffer)]
            at += len(buffer)
    if at != len(body):
        raise BridgeError(len(body))
    return int.from_bytes(body[:_CODE_BYTES], "little")


def framed(body: bytes) -> bytearray:
    """Return a message of any body."""
    return _message([body])


def _message(parts: list[bytes | bytearray]) -> bytearray:
    """Return a message in one buffer: one that grows leaves copies behind."""
    size = sum(map(len, parts))
    message = bytearray(SIZE_BYTES + size)
    message[:SIZE_BYTES] = _size(size)
    at = SIZE_BYTES
    for part in parts:
        message[at : at + len(part)] = part
        at += len(part)
    return message


def _size(number: int) -> bytes:
    return number.to_bytes(SIZE_BYTES, "little")
