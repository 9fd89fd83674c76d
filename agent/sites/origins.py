"""Rules on origins (RFC 6454). Pure; the page's own word counts for nothing."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.settings.site_patterns import site_pattern

# A host that ends with a dot is the same host by another name (RFC 3986, 3.2.2), past every pattern.
_HTTPS = re.compile(r"https://[a-z0-9.-]{0,252}[a-z0-9-](:[0-9]{1,5})?")
_LOCALHOST = re.compile(r"http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
_PORT = re.compile(r":[0-9]+$")
_SCHEME = re.compile(r"^https?://")


class OriginNotAllowedError(OdcError):
    """The page's origin is one that may never ask."""

    code = "origin_not_allowed"
    sentence = mark("Only pages over https, with a host's plain name, may ask for certificates.")


def is_origin(origin: str) -> bool:
    """Return whether ``origin`` is one that may ask at all: https, or http on this machine."""
    return bool(_HTTPS.fullmatch(origin) or _LOCALHOST.fullmatch(origin))


def is_secure(origin: str) -> bool:
    """Return whether what a page of ``origin`` is told cannot be read on its way."""
    return origin.startswith("https://")


def check_origin(origin: str) -> None:
    """Return where ``origin`` may ask at all.

    Raises:
        OriginNotAllowedError: it is neither https nor http on this machine.
    """
    if not is_origin(origin):
        raise OriginNotAllowedError


def host_of(origin: str) -> str:
    """Return the host of an origin: what is one site to a person, whatever its port and scheme."""
    return _SCHEME.sub("", _PORT.sub("", origin))


def is_allowed(origin: str, patterns: Iterable[str]) -> bool:
    """Return whether a pattern fits the origin, its port included."""
    return any(_matches(origin, pattern) for pattern in patterns)


def is_denied(origin: str, patterns: Iterable[str]) -> bool:
    """Return whether a pattern fits the origin, whatever its port: a ban is not evaded by another."""
    bare = _PORT.sub("", origin)
    return any(_matches(origin, pattern) or _matches(bare, pattern) for pattern in patterns)


def _matches(origin: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(origin, site_pattern(pattern).replace("[", "[[]"))
