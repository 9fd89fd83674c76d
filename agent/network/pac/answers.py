"""What a PAC program answers: ``PROXY host:port; HTTPS host:port; DIRECT``, the best first."""

from __future__ import annotations

import re

_PIECE = re.compile(
    r"(?P<kind>PROXY|HTTPS?|SOCKS[45]?)\s+(?P<host>\[[0-9a-f:.]+\]|[\w.-]+)(:(?P<port>\d{1,5}))?",
    re.ASCII | re.IGNORECASE,
)
_SCHEMES = {"PROXY": ("http", 80), "HTTP": ("http", 80), "HTTPS": ("https", 443)}
"""SOCKS is not among them: what the agent asks with cannot."""
DIRECT = ""


def read_answer(answer: str) -> tuple[str, ...]:
    """Return the proxies' URLs in the order they are to be tried; empty text is no proxy.

    What is no way, or one the agent cannot go, is passed over, as browsers do.

    Raises:
        ValueError: nothing of it can be used.
    """
    pieces = [piece.strip() for piece in answer.split(";")]
    ways = [way for piece in pieces if piece and (way := _way(piece)) is not None]
    if not ways:
        raise ValueError(answer)
    return tuple(ways)


def _way(piece: str) -> str | None:
    if piece.upper() == "DIRECT":
        return DIRECT
    found = _PIECE.fullmatch(piece)
    scheme, usual = _SCHEMES.get(found["kind"].upper(), ("", 0)) if found else ("", 0)
    if not found or not scheme or not 0 < (port := int(found["port"] or usual)) < 65536:
        return None
    return f"{scheme}://{found['host'].lower()}:{port}"
