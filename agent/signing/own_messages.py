"""What looks like a message to an authority is signed for nobody else. Pure.

A manifest and a licence request are signed under content types of their own, but authorities of version 1
take them as id-data (:mod:`agent.renewals.authorities.signed_messages`): whoever had one signed as a document
would apply for a certificate in the organisation's name. A detached signature is no safer, since anybody can
put the content back in.
"""

from __future__ import annotations

import re

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_WORDS = (b"audience", b"certificate_sha256")
"""Members that both messages must have."""
_ESCAPED = re.compile(rb"\\u00([0-9a-f]{2})")


def may_be_own_message(head: bytes) -> bool:
    """Return whether what begins like that may be JSON, to however lenient a reader."""
    begin = _flat(head).lstrip()
    return not begin or begin[:1] in (b"{", b"/", b"#", b")")


def is_own_message(content: bytes) -> bool:
    """Return whether an authority might take ``content`` for a manifest or a licence request.

    Readers differ in encodings, comments, the case of names, and escapes: so nothing is parsed, and whatever
    begins like JSON and names the members that both must have is taken for one.
    """
    if not may_be_own_message(content):
        return False
    flat = _ESCAPED.sub(lambda found: bytes((int(found[1], 16),)), _flat(content).lower())
    words = flat.lower()
    return all(word in words for word in _WORDS)


def _flat(content: bytes) -> bytes:
    """Return ASCII out of UTF-8, UTF-16 or UTF-32; other characters become something else."""
    for mark in _MARKS:
        content = content.removeprefix(mark)
    return content.replace(b"\0", b"")
