"""Which web sites may ask. Pure rules on origins (RFC 6454); the page's own word counts for nothing."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from agent.errors import OdcError
from agent.language import mark

_HTTPS = re.compile(r"https://[a-z0-9.-]{1,253}(:\d{1,5})?")
_LOCALHOST = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")


class OriginNotAllowedError(OdcError):
    """The page's origin is one that may never ask."""

    code = "origin_not_allowed"
    sentence = mark("Only pages over https may ask for certificates.")


class ConsentDeniedError(OdcError):
    """Nobody has allowed this site to ask."""

    code = "consent_denied"
    sentence = mark("{origin} is not allowed to use the certificates on your token.")
    advice = mark("Add the site to the allowed sites in the agent's configuration.")


def check_origin(origin: str, allowed: Iterable[str]) -> None:
    """Return where ``origin`` may ask without asking the user.

    Raises:
        OriginNotAllowedError: neither https nor http on this machine.
        ConsentDeniedError: no pattern of the configuration matches.
    """
    if not (_HTTPS.fullmatch(origin) or _LOCALHOST.fullmatch(origin)):
        raise OriginNotAllowedError
    if not any(_matches(origin, pattern) for pattern in allowed):
        raise ConsentDeniedError(origin=origin)


def _matches(origin: str, pattern: str) -> bool:
    """Return whether ``pattern`` fits, in which only ``*`` is special."""
    return fnmatch.fnmatchcase(origin, pattern.replace("[", "[[]").replace("?", "[?]"))
