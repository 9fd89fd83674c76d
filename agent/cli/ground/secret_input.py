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
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.system.dumps import forbid_dumps

_LONGEST = 255


class NoTerminalError(OdcError):
    """Nobody can type a secret here."""

    code = "no_terminal"
    sentence = mark("There is no terminal here in which a secret could be typed.")
    advice = mark("Open a window instead (`odc-agent window`), or give it with --pin-stdin.")


def read_secret(prompt: str, *, from_stdin: bool) -> bytearray:
    """Return one line without its end; empty at the end of input. From then on no dump is made.

    Raises:
        NoTerminalError: it is to be typed, and there is no terminal.
    """
    forbid_dumps()
    if from_stdin:
        return _read_line(sys.stdin.fileno())
    try:
        return _typed(prompt)
    except OSError as error:
        raise NoTerminalError from error


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
    from agent.cli.ground.typed_line import typed_line
    from agent.system.key_events import console_keys

    def _typed(prompt: str) -> bytearray:
        """Return what is typed at the console, of which nothing is shown."""
        with console_keys() as keys:
            say(prompt, end="", flush=True, file=sys.stderr)
            try:
                return typed_line(keys.next, _LONGEST + 1)
            finally:
                say(file=sys.stderr)

else:
    import termios

    def _typed(prompt: str) -> bytearray:
        """Return what is typed at the terminal, of which nothing is shown."""
        # The prompt comes once nothing typed is shown any more: some people, and programs, are quick.
        with _silent_terminal() as descriptor:
            say(prompt, end="", flush=True, file=sys.stderr)
            secret = _read_line(descriptor)
            say(file=sys.stderr)
            return secret

    @contextmanager
    def _silent_terminal() -> Iterator[int]:
        """Give the terminal with its echo off, and put it back as it was."""
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        try:
            before = termios.tcgetattr(descriptor)
            silent = list(before)
            silent[3] &= ~termios.ECHO
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, silent)
            try:
                yield descriptor
            finally:
                termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)
        finally:
            os.close(descriptor)
