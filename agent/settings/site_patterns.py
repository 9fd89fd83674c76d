"""Patterns of sites in the configuration, such as ``https://*.gov.cn``. Pure.

Browsers write an origin's host in lower case and in A-labels (RFC 5890, 2.3.2.1), people do not.
"""

from __future__ import annotations

import functools
import re

_FORM = re.compile(r"\*|(https?|\*)://(\[[0-9a-f:]+\]|[a-z0-9*.-]*[a-z0-9*-])(:([0-9]{1,5}|\*))?")


@functools.cache
def site_pattern(text: str) -> str:
    """Return a pattern as it is compared with an origin (RFC 6454), in which only ``*`` is special.

    Raises:
        ValueError: no origin is like this, so that the pattern would never fit.
    """
    pattern = ".".join(_a_label(part) for part in text.strip().lower().split("."))
    if not _FORM.fullmatch(pattern):
        raise ValueError(f"{text!r} is no site: write it as https://www.example.cn, without a path")
    return pattern


def _a_label(part: str) -> str:
    """Return a part of the pattern between two dots in ASCII; scheme and port stay with theirs."""
    if part.isascii():
        return part
    before, slashes, label = part.rpartition("//")
    label, colon, port = label.partition(":")
    if "*" in label:
        raise ValueError(f"{label!r}: * stands for whole labels where they are not ASCII")
    return f"{before}{slashes}{label.encode('idna').decode('ascii')}{colon}{port}"
