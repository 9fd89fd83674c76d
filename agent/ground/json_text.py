"""JSON by the interpreter's own scanner, for what is over in a blink.

Importing ``json``, with the regular expressions it brings, costs as much as starting the interpreter.
"""

from __future__ import annotations

from _json import encode_basestring_ascii, make_scanner

_BLANK = " \t\n\r"
_WORDS = {True: "true", False: "false", None: "null"}


class _Settings:
    """What ``json.JSONDecoder`` sets, except that NaN and Infinity, which are not JSON, are refused."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int

    @staticmethod
    def parse_constant(name: str) -> object:
        raise ValueError(f"{name} is not JSON")


_scan = make_scanner(_Settings())  # type: ignore[arg-type] # it wants these attributes, no more


def decode(text: str) -> object:
    """Return the JSON value that ``text`` holds; ValueError, RecursionError."""
    start = len(text) - len(text.lstrip(_BLANK))
    try:
        value, end = _scan(text, start)
    except (StopIteration, SystemError) as error:
        # SystemError: the scanner takes its own error from json.decoder, which nobody imported.
        raise ValueError("not JSON") from error
    if text[end:].strip(_BLANK):
        raise ValueError("more than one JSON value")
    return value


def encode(value: object) -> bytes:
    """Return a JSON value as ASCII, so that half a surrogate pair can be given back as it came."""
    return _text(value).encode("ascii")


def _text(value: object) -> str:
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(str(k))}:{_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    return repr(value)
