"""The way out of the house, as it is configured: nobody is asked."""

from __future__ import annotations

import ssl

from agent.checks.verdicts.network import Pac, WayOut
from agent.network.pac.ways import PacAnswer
from agent.network.proxies import shown_proxy, without_login
from agent.network.way_out import pac_for, proxy_for, tls_for_anybody
from agent.settings.config import Config


def look_at_way_out(config: Config) -> WayOut:
    """Return by which proxy authorities and updates are reached, and whether the company's file is good."""
    urls = [authority.url for authority in config.authorities]
    if config.updates.is_on:
        urls.append(config.updates.url)
    urls = urls or ["https://authority.example"]
    proxies = {proxy_for(url, config.network) for url in urls}
    return WayOut(
        pac=_pac(pac_for(urls[0], config.network)),
        proxies=tuple(sorted(shown_proxy(proxy) for proxy in proxies if proxy)),
        is_configured=bool(config.network.proxy or config.network.pac),
        ca=str(config.network.ca or ""),
        ca_fault=_fault(config),
    )


def _pac(said: PacAnswer | None) -> Pac | None:
    if said is None:
        return None
    return Pac(
        source=without_login(said.source),
        answer=said.answer,
        fault=said.fault,
        is_unreadable=said.is_unreadable,
        minutes=int(said.age_seconds // 60),
    )


def _fault(config: Config) -> str:
    try:
        tls_for_anybody(config.network)
    except ssl.SSLError:
        return "PEM"
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""
