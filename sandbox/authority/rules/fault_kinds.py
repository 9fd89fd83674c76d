"""What can go wrong with an answer. Pure."""

from __future__ import annotations

from enum import StrEnum, unique

import msgspec


@unique
class FaultKind(StrEnum):
    """What goes wrong. "Effect" is what the call does at the authority."""

    STATUS_500 = "500"
    """500 with a problem document; no effect."""
    STATUS_503 = "503"
    """503 with ``Retry-After: seconds``; no effect."""
    STATUS_401 = "401"
    """401, as if the password were wrong; no effect."""
    HTML = "html"
    """200 with a page of HTML, as a proxy's; no effect."""
    CUT_BEFORE = "cut_before"
    """The connection is cut before the effect."""
    CUT_AFTER = "cut_after"
    """The connection is cut after the effect, without a byte of the answer."""
    TRUNCATED = "truncated"
    """Half of the body, then the connection is cut."""
    SLOW = "slow"
    """The body drips for ``seconds``."""
    LATE = "late"
    """The effect at once, the answer after ``seconds``."""
    WRONG_TYPE = "wrong_type"
    """``Content-Type: application/octet-stream``."""
    BAD_BASE64 = "bad_base64"
    """A ``*`` in the middle of the body."""
    WRAPPED_BASE64 = "wrapped_base64"
    """The body's long lines in 64 columns with CRLF, which is legal."""
    SWAPPED_PARTS = "swapped_parts"
    """The parts of a multipart body in the other order, which is legal."""
    NO_LENGTH = "no_length"
    """No Content-Length: the body in chunks."""
    DAMAGED_KEY = "damaged_key"
    """serverkeygen: the envelope lacks its last byte."""
    OTHER_KEY = "other_key"
    """serverkeygen: the envelope carries another key than the certificate's."""
    OTHER_RECIPIENT = "other_recipient"
    """serverkeygen: the envelope names the recipient, and only another key opens it."""
    DUPLICATE = "duplicate"
    """The request arrives twice; the second answer is the one heard."""
    STALE = "stale"
    """The effect, and the answer to the same call before this one: answers out of order."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault that waits for its call."""

    route: str
    """Method and path, ``*`` and ``?`` as in file names: ``POST */sms/verify``."""
    kind: FaultKind
    times: int = 1
    """How many of the next answers it spoils."""
    seconds: float = 1.0
    """For kinds that take time."""
    number: int | None = None
    """Its place in the plan, given when it is planned."""
