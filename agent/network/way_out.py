"""The way out of the house: by which proxy, and whom https servers are vouched for by.

One answer for all that leave this computer, and for 环境检测, which tells it. What is configured comes
first: a proxy, then a PAC program; then what the system says, in the same order.
"""

from __future__ import annotations

import ssl
import urllib.parse

from agent.network.pac.ways import PAC_WAYS, PacAnswer
from agent.network.proxies import is_exempt, proxy_url
from agent.network.tls import public_tls
from agent.settings.config import NetworkSettings

DIRECT = "direct"
SYSTEMS = NetworkSettings()
"""Nothing is configured: the way the system says."""


def proxy_for(url: str, settings: NetworkSettings = SYSTEMS) -> str | None:
    """Return the proxy's URL for a request to ``url``; None where there is to be none.

    It may block for some seconds where a PAC program is to be read and run: not for an event loop.
    """
    address = urllib.parse.urlsplit(url)
    if settings.proxy:
        is_direct = settings.proxy == DIRECT or _is_among(settings.bypass, address.hostname or "")
        return None if is_direct else settings.proxy
    pac = pac_for(url, settings)
    if pac is not None:
        return pac.proxy
    named = _systems_proxy(address)
    return None if not named or named == DIRECT else proxy_url(named)


def pac_for(url: str, settings: NetworkSettings = SYSTEMS) -> PacAnswer | None:
    """Return what the PAC program in force says of ``url``; None where none is. It may block, as above."""
    if settings.proxy:
        return None
    if settings.pac:
        return PAC_WAYS.of(settings.pac, url)
    if _systems_proxy(urllib.parse.urlsplit(url)):
        return None
    source = PAC_WAYS.system()
    return PAC_WAYS.of(source, url) if source else None


def _systems_proxy(address: urllib.parse.SplitResult) -> str:
    """Return the proxy the system names, :data:`DIRECT` where it exempts this address; empty for neither."""
    # Here: an agent without authorities need not load it.
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

    proxies = getproxies()
    named = proxies.get(address.scheme) or proxies.get("all") or ""
    if not named:
        return ""
    # Python's own knows no ranges, no stars and no brackets; on Windows and macOS it asks the system.
    is_direct = is_exempt(address.hostname or "", _port(address), proxies.get("no", ""))
    return DIRECT if is_direct or proxy_bypass(address.netloc.rpartition("@")[2]) else named


def _port(address: urllib.parse.SplitResult) -> int | None:
    try:
        return address.port or {"https": 443, "http": 80}.get(address.scheme)
    except ValueError:
        return None


def tls_for_anybody(settings: NetworkSettings = SYSTEMS) -> ssl.SSLContext:
    """Return what proves servers that no trust anchor is pinned for: the system's roots, the company's.

    Raises:
        OSError, ValueError: the company's file cannot be read.
    """
    return public_tls(settings.ca)


def _is_among(hosts: tuple[str, ...], host: str) -> bool:
    names = [each.lower() for each in hosts]  # a URL's host is
    return host in names or any(n.startswith("*.") and host.endswith(n[1:]) for n in names)
