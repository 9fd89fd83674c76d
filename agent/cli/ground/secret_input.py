"""Reading a secret from terminal or standard input into a buffer that can be wiped.

``getpass`` and ``input`` give immutable strings, which stay in memory for as long as the process
lives; a command that waits for a review lives long.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from agent.cli.ground.output import say
from agent.system.dumps import forbid_dumps

_LONGEST = 255


def read_secret(prompt: str, *, from_stdin: bool) -> bytearray:
    """Return one line without its end; empty at the end of input. From then on no dump is made."""
    forbid_dumps()
    if from_stdin:
        return _read_line(sys.stdin.fileno())
    # The prompt comes once nothing typed is shown any more: some people, and programs, are quick.
    with _terminal(prompt) as descriptor:
        return _read_line(descriptor)


def _read_line(descriptor: int) -> bytearray:
    # A buffer that never grows or shrinks: either would leave a copy behind in freed memory.
    line = bytearray(_LONGEST + 1)
    size = 0
    # Byte by byte: what follows the line belongs to whoever reads next.
    while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
        if size < len(line):
            line[size] = byte[0]
            size += 1
    if size and line[size - 1] == ord("\r"):
        size -= 1
    # What PowerShell and editors put in front of UTF-8 is nobody's PIN.
    begin = len(codecs.BOM_UTF8) if line.startswith(codecs.BOM_UTF8) else 0
    secret = bytearray(memoryview(line)[begin:size])
    line[:] = bytes(len(line))
    return secret


if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def _terminal(prompt: str) -> Iterator[int]:
        """Give a pipe into which what is typed without echo is put."""
        say(prompt, end="", flush=True, file=sys.stderr)
        reader, writer = os.pipe()
        try:
            while (key := msvcrt.getwch()) not in "\r\n":
                if key == "\003":
                    raise KeyboardInterrupt
                os.write(writer, key.encode())
            os.close(writer)
            say(file=sys.stderr)
            yield reader
        finally:
            os.close(reader)

else:
    import termios

    @contextmanager
    def _terminal(prompt: str) -> Iterator[int]:
        """Give the terminal with its echo off, and put it back as it was."""
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        try:
            before = termios.tcgetattr(descriptor)
            silent = list(before)
            silent[3] &= ~termios.ECHO
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
            try:
                say(prompt, end="", flush=True, file=sys.stderr)
                yield descriptor
                say(file=sys.stderr)
            finally:
                termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
        finally:
            os.close(descriptor)
