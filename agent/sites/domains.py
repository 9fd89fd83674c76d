"""Whose a host is: the part of it that somebody registered, by the Public Suffix List.

Whoever registered ``evil.cn`` has all names below it for nothing, so what is counted for a host alone is
not counted at all; and of a host of 253 characters only its end says whose it is. The list is the one
that came with its library: nothing is fetched.
"""

from __future__ import annotations

import asyncio
import functools
import re
import threading

from publicsuffixlist import PublicSuffixList

_ADDRESS = re.compile(r"\[.*\]|(.*\.)?[0-9]+")
"""An IP address: no name ends with a label of digits (WHATWG URL, 3.5, "ends in a number")."""


async def load_suffixes() -> None:
    """Have the list at hand without holding the loop up: it has ten thousand lines."""
    if not _read.cache_info().currsize:
        await asyncio.to_thread(_suffixes)


def registrable_domain(host: str) -> str:
    """Return the public suffix a host is below, with one label more.

    A host nobody can have registered (an address, ``localhost``, a public suffix itself) is returned as
    it is.
    """
    if _ADDRESS.fullmatch(host):
        return host
    return _suffixes().privatesuffix(host) or host


_reading = threading.Lock()


def _suffixes() -> PublicSuffixList:
    with _reading:  # once, also where many pages ask at the same moment
        return _read()


@functools.cache
def _read() -> PublicSuffixList:
    return PublicSuffixList()
