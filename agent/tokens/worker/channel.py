"""The worker's side of the pipe to the agent."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import msgspec

from agent.ground.framing import MAX_REPLY, FrameDecoder, encode_frame
from agent.tokens.protocol import Reply


class Channel:
    """Frames on descriptors of our own: what a vendor's library prints goes to stderr instead."""

    def __init__(self) -> None:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            for stream in (sys.stdin, sys.stdout):
                msvcrt.setmode(stream.fileno(), os.O_BINARY)
        self._input = os.dup(0)
        self._output = os.dup(1)
        quiet = os.open(os.devnull, os.O_RDONLY)
        os.dup2(quiet, 0)
        os.close(quiet)
        os.dup2(2, 1)
        self._encoder = msgspec.json.Encoder()

    def requests(self) -> Iterator[bytes]:
        """Yield requests, as they came, until the agent closes the pipe."""
        decoder = FrameDecoder(limit=MAX_REPLY)
        while data := os.read(self._input, 65536):
            yield from decoder.feed(data)

    def send(self, reply: Reply) -> None:
        """Answer the request that was last taken."""
        frame = encode_frame(self._encoder.encode(reply))
        view = memoryview(frame)
        while view:
            view = view[os.write(self._output, view) :]
