"""The way out of the house: by which proxy, and whom https servers are vouched for by.

One answer for all that leave this computer, and for 环境检测, which tells it. A proxy's automatic
configuration (PAC) is a program in JavaScript that comes over the network: the agent runs none.
"""

from __future__ import annotations

import ssl
import sys
import urllib.parse

from agent.config import NetworkSettings

DIRECT = "direct"
SYSTEMS = NetworkSettings()
"""Nothing is configured: the way the system says."""


def proxy_for(url: str, settings: NetworkSettings = SYSTEMS) -> str | None:
    """Return the proxy's URL for a request to ``url``; None where there is to be none."""
    address = urllib.parse.urlsplit(url)
    if settings.proxy:
        is_direct = settings.proxy == DIRECT or _is_among(settings.bypass, address.hostname or "")
        return None if is_direct else settings.proxy
    # Here: an agent without authorities need not load it.
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

    proxies = getproxies()
    named = proxies.get(address.scheme) or proxies.get("all")
    if not named or proxy_bypass(address.netloc.rpartition("@")[2]):
        return None
    return named if "://" in named else f"http://{named}"


def tls_for_anybody(settings: NetworkSettings = SYSTEMS) -> ssl.SSLContext:
    """Return what proves servers that no trust anchor is pinned for: the system's roots, the company's.

    Raises:
        OSError, ValueError: the company's file cannot be read.
    """
    tls = ssl.create_default_context()
    if sys.platform == "darwin":
        import certifi  # noqa: PLC0415 - the system's own roots are out of OpenSSL's reach there

        tls.load_verify_locations(certifi.where())
    if settings.ca is not None:
        tls.load_verify_locations(settings.ca)
    return tls


def _is_among(hosts: tuple[str, ...], host: str) -> bool:
    names = [each.lower() for each in hosts]  # a URL's host is
    return host in names or any(n.startswith("*.") and host.endswith(n[1:]) for n in names)
