"""Reading a PAC program from a file or a web server."""

from __future__ import annotations

import codecs
import urllib.parse
import urllib.request
from pathlib import Path

from agent.ground import held_files
from agent.ground.encodings import guessed_text
from agent.ground.text_files import TextEncodingError, written_text
from agent.network.tls import public_tls

MAX_BYTES = 1024 * 1024
"""As browsers have it."""
SECONDS = 10.0
"""For the whole program: whoever wants to leave this computer waits for it."""
MAX_REDIRECTS = 5
_TOO_LARGE = f"it is larger than {MAX_BYTES // 1024} KB"


class PacUnreadableError(Exception):
    """The program cannot be read; the text says why."""


def read_script(source: str) -> str:
    """Return the program at a path, a ``file:`` or an ``http(s):`` URL; a server is asked directly.

    Raises:
        PacUnreadableError: it cannot be read, is too large, or no text.
    """
    try:
        content = _fetched(source) if "://" in source and not _is_file(source) else _read(source)
    except OSError as error:
        raise PacUnreadableError(error.strerror or str(error)) from error
    if len(content) > MAX_BYTES:
        raise PacUnreadableError(_TOO_LARGE)
    try:
        return written_text(content)
    except TextEncodingError:
        # PAC has no rule for its characters; what is no UTF-8 can only be in comments and names. A mark
        # that claims UTF-8 all the same is no part of the program.
        return guessed_text(content.removeprefix(codecs.BOM_UTF8))


def _is_file(source: str) -> bool:
    return urllib.parse.urlsplit(source).scheme == "file"


def _read(source: str) -> bytes:
    path = (
        urllib.request.url2pathname(urllib.parse.urlsplit(source).path)
        if _is_file(source)
        else source
    )
    with held_files.open_to_read(Path(path)) as file:
        return file.read(MAX_BYTES + 1)


def _fetched(source: str) -> bytes:
    # Here: an agent without a PAC file need not load it.
    from agent.network.reader import Limits, NoAnswerError, Reader, Request, TooLargeError  # noqa: PLC0415

    reader = Reader(public_tls(), silence=SECONDS)
    try:
        asked = Request(url=source, redirects=MAX_REDIRECTS)
        answer = reader.ask_blocking(asked, Limits(size=MAX_BYTES, seconds=SECONDS))
    except TooLargeError as error:
        raise PacUnreadableError(_TOO_LARGE) from error
    except NoAnswerError as error:
        raise PacUnreadableError(str(error)) from error
    finally:
        reader.close_soon()
    if not answer.is_success:
        raise PacUnreadableError(f"HTTP {answer.status}")
    return answer.content
