"""Proxies as people write them into the environment: any character in a password, ranges in NO_PROXY."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse
from fnmatch import fnmatchcase

UNUSABLE_PROXY = "only HTTP proxies are supported"
"""Why a proxy is refused; what a library says of it would show its password."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def proxy_url(written: str) -> str:
    """Return the URL (RFC 3986) of a proxy written as ``[scheme://][user:password@]host[:port]``.

    A user or password with ``@``, ``#`` or ``/`` in it is no URL until those are escaped; what is
    escaped already stays so.
    """
    scheme, separator, rest = written.strip().partition("://")
    if not separator:
        scheme, rest = "http", scheme
    login, is_login, place = rest.rpartition("@")
    user, has_password, password = login.partition(":")
    escaped = f"{_escaped(user)}{has_password}{_escaped(password)}{is_login}"
    return f"{scheme}://{escaped}{place}"


def checked_proxy(url: str | None) -> str | None:
    """Return a proxy's URL; ValueError where its port is none, of which libraries say less."""
    if url is not None:
        _ = urllib.parse.urlsplit(url).port
    return url


def shown_proxy(url: str) -> str:
    """Return host and port of a proxy, without user and password."""
    return url.partition("://")[2].rpartition("@")[2].rstrip("/")


def without_login(url: str) -> str:
    """Return a URL without user and password, to be shown."""
    scheme, separator, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    if separator and "@" in place:
        return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}"
    return url


def named_with(reason: str, proxy: str | None) -> str:
    """Return why a request failed, with the proxy it went by."""
    return f"{reason} (proxy {shown_proxy(proxy)})" if proxy else reason


def is_exempt(host: str, port: int | None, exempt: str) -> bool:
    """Say whether ``exempt``, the value of NO_PROXY, has a host or address on its list.

    Each entry is a name (with those below it), ``.example.cn`` or ``*.example.cn``, an address, a
    range (``10.0.0.0/8``, ``fd00::/8``, ``192.168.*``), ``<local>`` for names without a dot, or ``*``;
    a name or address may carry a port.
    """
    entries = re.split(r"[\s,;]+", exempt.lower())
    return any(_fits(entry, host.lower().rstrip("."), port) for entry in entries if entry)


def _fits(entry: str, host: str, port: int | None) -> bool:
    name, wanted = _parted(entry)
    if wanted is not None and wanted != port:
        return False
    address = _address(host)
    if name == "<local>":
        return address is None and "." not in host
    if address is not None:
        return _in_range(address, name) or ("*" in name and fnmatchcase(host, name))
    if "*" in name:
        is_for_addresses = re.fullmatch(r"[\d.*]+", name) and name != "*"
        return not is_for_addresses and fnmatchcase(host, name)
    name = name.strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _parted(entry: str) -> tuple[str, int | None]:
    """Return an entry's name and port; the colons of an IPv6 address are none before a port."""
    bracketed = re.fullmatch(r"\[(.*)\](?::(\d+))?", entry)
    plain = re.fullmatch(r"([^:]*):(\d+)", entry)
    found = bracketed or plain
    if found is None:
        return entry, None
    return found[1], int(found[2]) if found[2] else None


def _in_range(address: Address, written: str) -> bool:
    try:
        return address in ipaddress.ip_network(written, strict=False)
    except ValueError:
        return False


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None


def _escaped(part: str) -> str:
    return urllib.parse.quote(urllib.parse.unquote(part), safe="")
