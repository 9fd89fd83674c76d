"""Reading a PAC program from a file or a web server."""

from __future__ import annotations

import codecs
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from agent.ground.encodings import guessed_text
from agent.ground.text_files import TextEncodingError, written_text
from agent.network.tls import public_tls

MAX_BYTES = 1024 * 1024
"""As browsers have it."""
SECONDS = 10.0


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
        raise PacUnreadableError(f"it is larger than {MAX_BYTES // 1024} KB")
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
    with Path(path).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _fetched(source: str) -> bytes:
    import httpx  # noqa: PLC0415 - an agent without a PAC file need not load it

    options: dict[str, Any] = {"trust_env": False, "timeout": SECONDS, "follow_redirects": True}
    content = b""
    try:
        with (
            httpx.Client(verify=public_tls(), **options) as client,
            client.stream("GET", source) as answer,
        ):
            if not answer.is_success:
                raise PacUnreadableError(f"HTTP {answer.status_code}")
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    break
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise PacUnreadableError(str(error) or type(error).__name__) from error
    return content
