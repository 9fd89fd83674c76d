"""The way out of the house, as it is configured: nobody is asked."""

from __future__ import annotations

import ssl
import urllib.parse

from agent.checks.verdicts.network import WayOut
from agent.config import Config
from agent.network import proxy_for, tls_for_anybody


def look_at_way_out(config: Config) -> WayOut:
    """Return by which proxy authorities and updates are reached, and whether the company's file is good."""
    urls = [authority.url for authority in config.authorities]
    if config.updates.is_on:
        urls.append(config.updates.url)
    proxies = {proxy_for(url, config.network) for url in urls or ["https://authority.example"]}
    return WayOut(
        proxies=tuple(sorted(_address(proxy) for proxy in proxies if proxy)),
        is_configured=bool(config.network.proxy),
        ca=str(config.network.ca or ""),
        ca_fault=_fault(config),
    )


def _address(proxy: str) -> str:
    """Return host and port, without user and password."""
    return urllib.parse.urlsplit(proxy).netloc.rpartition("@")[2]


def _fault(config: Config) -> str:
    try:
        tls_for_anybody(config.network)
    except ssl.SSLError:
        return "PEM"
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""
