"""The standard streams of a command: what their encoding cannot say is replaced, and never an error.

Output is GBK in old servers' locales, and on a Chinese Windows wherever it is redirected; names and labels
have any character there is.
"""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_HANDLER = "odc-replace"
_STAND_INS = {
    "✓": "√+",
    "✗": "×x",
    "●": "*",
    "·": "-",
    "–": "-",
    "—": "-",
    "→": ">",
    "×": "x",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
}
"""What says the same, the best first."""


def replace_what_cannot_be_said() -> None:
    """Let standard output and error replace characters that their encoding does not have."""
    codecs.register_error(_HANDLER, _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def heard(said: bytes) -> str:
    """Return what a process of ours said on a standard stream, which has the encoding that this one's has."""
    import locale  # noqa: PLC0415 - commands hear nobody, and are over in a blink

    return said.decode(locale.getencoding(), "replace")


def sayable_json(text: str, stream: TextIO | None = None) -> str:
    """Return JSON with what the stream cannot say escaped (RFC 8259, 7): for a program it is the same."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "utf-8"
    if _has(encoding, text):
        return text
    return "".join(c if _has(encoding, c) else escaped(c) for c in text)


def escaped(character: str) -> str:
    """Return a character as JSON escapes it (RFC 8259, 7)."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):  # a stream that is read, too: what a test captured
        return "\N{REPLACEMENT CHARACTER}", error.end
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(_stand_in(c, error.encoding) for c in characters), error.end


def _stand_in(character: str, encoding: str) -> str:
    """Return what comes closest in ``encoding``; a question mark where nothing does."""
    # Wide letters are narrow ones, letters with accents are letters, an ellipsis is three dots.
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    found = (c for c in _STAND_INS.get(character, "") if _has(encoding, c))
    return next(found, plain or "?")


def _has(encoding: str, text: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
