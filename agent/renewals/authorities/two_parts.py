"""An answer of two parts (RFC 2046, 5.1), as serverkeygen gives it (RFC 7030, 4.4.2), taken apart. Pure.

Python's own parser follows multiparts into multiparts as deep as a stranger nests them.
"""

from __future__ import annotations

import re
from itertools import islice

import msgspec

MAX_PARTS = 2
MAX_HEAD_BYTES = 4096
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;",]{1,70}))', re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"(?:\A|\r?\n)\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_CONTENT_TYPE = re.compile(rb"^content-type\s*:\s*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_SMIME_TYPE = re.compile(r'smime-type\s*=\s*"?([\w-]+)', re.IGNORECASE)


class PartsError(ValueError):
    """It is no multipart answer of a few flat parts."""


class Part(msgspec.Struct, frozen=True):
    """One of the parts."""

    media_type: str
    """In lower case; empty where none is said."""
    smime_type: str
    """The parameter that says what it is (RFC 8551, 3.2.2), in lower case; empty where it is left out."""
    content: bytes
    """As it stands: Content-Transfer-Encoding is ignored (RFC 8951, 3.1)."""


def split_parts(content_type: str, body: bytes) -> list[Part]:
    """Return the parts of an answer, in their order.

    Raises:
        PartsError: it has none, more than ``MAX_PARTS``, or one that has parts itself.
    """
    found = _BOUNDARY.search(content_type)
    if found is None or not content_type.strip().lower().startswith("multipart/"):
        raise PartsError("not a multipart answer")
    boundary = re.escape((found[1] or found[2]).encode("latin-1", "replace"))
    delimiter = re.compile(rb"(?:\A|\n)--" + boundary + rb"(--)?[ \t]*(?:\r?\n|\Z)")
    places = list(islice(delimiter.finditer(body), MAX_PARTS + 2))
    ends = [place.start() for place in places[1:]] + [len(body)]
    parts = []
    for place, end in zip(places, ends, strict=False):
        if place[1]:
            break
        parts.append(_part(body[place.end() : end]))
    if len(parts) > MAX_PARTS:
        raise PartsError("more parts than two")
    return parts


def _part(piece: bytes) -> Part:
    end = _END_OF_HEAD.search(piece, 0, MAX_HEAD_BYTES)
    if end is None:
        raise PartsError("a part without an end of its headers")
    said = _CONTENT_TYPE.search(_FOLD.sub(b" ", piece[: end.start()]))
    kind = said[1].decode("latin-1") if said else ""
    media_type = kind.partition(";")[0].strip().lower()
    if media_type.startswith("multipart/"):
        raise PartsError("parts within parts")
    smime_type = _SMIME_TYPE.search(kind)
    return Part(media_type, smime_type[1].lower() if smime_type else "", piece[end.end() :])
