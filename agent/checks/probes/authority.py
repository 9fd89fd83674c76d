"""How far one comes on the way to an authority: name, connection, proxy, TLS, HTTP, each by itself."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import email.utils
import os
import socket
import ssl
import urllib.parse
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from agent.checks.probes.cmp import greeted
from agent.checks.probes.threads import in_thread
from agent.checks.verdicts.authority import Obstacle, Reached
from agent.ground.clock import Clock
from agent.network.own_loop import there
from agent.network.proxies import shown_proxy
from agent.network.tls import pinned_tls, unproved_tls
from agent.network.way_out import SYSTEMS, proxy_for
from agent.settings.config import AuthoritySettings, NetworkSettings

STEP_SECONDS = 5.0
"""How long each step may take."""
MAX_HEADER_BYTES = 32 * 1024
"""Of an answer; its body is not read."""
_PORTS = {"http": 80, "https": 443}
MAX_ADDRESSES = 3
"""Of one name; a step must not take for ever."""
_PATHS = {"ra": "/ra/v1/policy", "est": "/.well-known/est/cacerts"}
_REFUSALS = frozenset({400, 405, 411, 415})
"""What CMP servers say to who sends them no message; one is sent afterwards (:mod:`.cmp`)."""
_VERIFY = {
    9: Obstacle.TLS_TIME,  # X509_V_ERR_CERT_NOT_YET_VALID
    10: Obstacle.TLS_TIME,  # X509_V_ERR_CERT_HAS_EXPIRED
    62: Obstacle.TLS_NAME,  # X509_V_ERR_HOSTNAME_MISMATCH
    64: Obstacle.TLS_NAME,  # X509_V_ERR_IP_ADDRESS_MISMATCH
}


class _StoppedError(Exception):
    """The way ends here."""

    def __init__(self, obstacle: Obstacle, reason: object = "", *, proxy: str = "") -> None:
        super().__init__(obstacle, reason)
        self.proxy = proxy
        self.obstacle = obstacle
        self.reason = str(reason)


class _Address(msgspec.Struct, frozen=True):
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class _Proxy:
    address: _Address
    login: str = field(default="", repr=False)
    """Header line with the user and password it is configured with."""


class _Way(msgspec.Struct, frozen=True):
    """Where to go, by which proxy."""

    target: _Address
    path: str
    proxy: _Proxy | None
    is_in_clear: bool = False
    """Plain HTTP, as CMP may have it: a proxy is then told the whole URL (RFC 9112, 3.2.2)."""
    refusals: frozenset[int] = frozenset()
    """Statuses of a server that is as it should be, beside success."""


async def reach(
    settings: AuthoritySettings, clock: Clock, network: NetworkSettings = SYSTEMS
) -> Reached:
    """Ask the authority for what it tells everybody, and return how far that came."""
    url = urllib.parse.urlsplit(settings.url)
    reached = Reached(
        authority=settings.name, host=url.hostname or settings.url, obstacle=Obstacle.NONE
    )
    try:
        way = await asyncio.to_thread(_way, settings, url, network)
        reached = replace(reached, path=way.path)
        if way.proxy is not None:
            reached = replace(reached, proxy=str(way.proxy.address))
        reached = await _answered(reached, settings, way, clock)
    except _StoppedError as stopped:
        proxy = stopped.proxy or reached.proxy
        return replace(reached, obstacle=stopped.obstacle, reason=stopped.reason, proxy=proxy)
    if settings.is_cmp and reached.obstacle is Obstacle.NONE:
        return await greeted(reached, settings, network)
    return reached


async def _answered(
    reached: Reached, settings: AuthoritySettings, way: _Way, clock: Clock
) -> Reached:
    try:
        tls = pinned_tls(settings.trust_anchor)
    except (OSError, ValueError) as error:
        raise _StoppedError(Obstacle.ANCHOR, error) from error
    try:
        status, date = await there(_exchange(way, tls))
    except _StoppedError as stopped:
        if stopped.obstacle is not Obstacle.TLS_TIME:
            raise
        # A clock that is far off is most often why, and the server knows the time.
        failed = replace(reached, obstacle=stopped.obstacle, reason=stopped.reason)
        with contextlib.suppress(_StoppedError):
            _, date = await there(_exchange(way, unproved_tls()))
            failed = replace(failed, date=date, asked=clock(), is_date_verified=False)
        return failed
    is_verified = not way.is_in_clear
    reached = replace(reached, date=date, asked=clock(), is_date_verified=is_verified)
    if status >= 500:
        return replace(reached, obstacle=Obstacle.HTTP_SERVER, reason=f"HTTP {status}")
    if not 200 <= status < 300 and status not in way.refusals:
        elsewhere = Obstacle.CMP_PATH if settings.is_cmp else Obstacle.HTTP_OTHER
        return replace(reached, obstacle=elsewhere, reason=f"HTTP {status}")
    return reached


def _way(
    settings: AuthoritySettings, url: urllib.parse.SplitResult, network: NetworkSettings
) -> _Way:
    try:
        target = _Address(url.hostname or "", url.port or _PORTS.get(url.scheme, 443))
    except ValueError as error:
        raise _StoppedError(Obstacle.NAME, error) from error
    proxy = _proxy(settings.url, network)
    if settings.is_cmp:
        is_in_clear = url.scheme == "http"
        return _Way(target, url.path.rstrip("/") + settings.path, proxy, is_in_clear, _REFUSALS)
    label = f"/{settings.label}" if settings.profile == "est" and settings.label else ""
    path = _PATHS[settings.profile].replace("/est/", f"/est{label}/")
    return _Way(target, url.path.rstrip("/") + path, proxy)


def _proxy(target: str, network: NetworkSettings) -> _Proxy | None:
    """Return the proxy on the way there, as the agent's own requests find it."""
    named = proxy_for(target, network)
    if named is None:
        return None
    url = urllib.parse.urlsplit(named)
    try:
        proxy = _Address(url.hostname or "", url.port or 80)
    except ValueError as error:
        raise _StoppedError(Obstacle.PROXY_KIND, "port", proxy=shown_proxy(named)) from error
    if url.scheme != "http" or not proxy.host:
        raise _StoppedError(Obstacle.PROXY_KIND, url.scheme, proxy=shown_proxy(named))
    return _Proxy(proxy, _login(url))


def _login(proxy: urllib.parse.SplitResult) -> str:
    """Return the header a proxy wants that is configured with a user (RFC 7617)."""
    if proxy.username is None:
        return ""
    pair = f"{urllib.parse.unquote(proxy.username)}:{urllib.parse.unquote(proxy.password or '')}"
    return f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}\r\n"


async def _exchange(way: _Way, tls: ssl.SSLContext) -> tuple[int, dt.datetime | None]:
    """Go all the way and return the answer's status and Date."""
    if way.proxy is not None:
        addresses = await _resolved(way.proxy.address, Obstacle.PROXY_NAME)
        reader, writer = await _connected(addresses, Obstacle.PROXY_CONNECTION)
    else:
        reader, writer = await _connected(
            await _resolved(way.target, Obstacle.NAME), Obstacle.CONNECTION
        )
    try:
        if not way.is_in_clear:
            if way.proxy is not None:
                await _tunnelled(reader, writer, way.target, way.proxy.login)
            await _secured(writer, tls, way.target.host)
        head = await _head(reader, writer, _request(way))
        return _status(head, Obstacle.NOT_HTTP), _date(head)
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)  # the loop closes it in its next turn


def _request(way: _Way) -> str:
    is_usual = way.target.port == _PORTS["http" if way.is_in_clear else "https"]
    host = way.target.host if is_usual else str(way.target)
    target, login = way.path, ""
    if way.is_in_clear and way.proxy is not None:
        target, login = f"http://{host}{way.path}", way.proxy.login
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\n{login}Connection: close\r\n\r\n"


async def _resolved(address: _Address, obstacle: Obstacle) -> list[_Address]:
    def ask() -> list[_Address]:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
        return [_Address(str(entry[4][0]), address.port) for entry in found[:MAX_ADDRESSES]]

    try:
        return await asyncio.wait_for(in_thread(ask), STEP_SECONDS)
    except TimeoutError as error:
        raise _StoppedError(obstacle, f"{STEP_SECONDS:g} s") from error
    except (OSError, UnicodeError) as error:
        raise _StoppedError(obstacle, getattr(error, "strerror", None) or error) from error


async def _connected(
    addresses: list[_Address], obstacle: Obstacle
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first address that takes it; a name may have several, of which some lead nowhere."""
    reason: object = ""
    for address in addresses:
        try:
            opening = asyncio.open_connection(address.host, address.port, limit=MAX_HEADER_BYTES)
            return await asyncio.wait_for(opening, STEP_SECONDS)
        except TimeoutError:
            reason = f"{STEP_SECONDS:g} s"
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else error
    raise _StoppedError(obstacle, reason)


async def _tunnelled(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: _Address, login: str
) -> None:
    """Ask the proxy for a tunnel (RFC 9110, 9.3.6)."""
    request = f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n"
    head = await _head(reader, writer, request)
    status = _status(head, Obstacle.PROXY_REFUSES)
    if status == 407:
        raise _StoppedError(Obstacle.PROXY_PASSWORD)
    if not 200 <= status < 300:
        raise _StoppedError(Obstacle.PROXY_REFUSES, f"HTTP {status}")


async def _secured(writer: asyncio.StreamWriter, tls: ssl.SSLContext, host: str) -> None:
    try:
        await asyncio.wait_for(writer.start_tls(tls, server_hostname=host), STEP_SECONDS)
    except TimeoutError as error:
        raise _StoppedError(Obstacle.SILENCE) from error
    except ssl.SSLCertVerificationError as error:
        obstacle = _VERIFY.get(error.verify_code, Obstacle.TLS_UNTRUSTED)
        raise _StoppedError(obstacle, error.verify_message) from error
    except (OSError, EOFError) as error:
        raise _StoppedError(Obstacle.TLS, getattr(error, "reason", None) or error) from error


async def _head(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: str
) -> list[str]:
    """Send a request and return the lines of the answer's head."""

    async def ask() -> bytes:
        writer.write(request.encode())
        await writer.drain()
        return await reader.readuntil(b"\r\n\r\n")

    try:
        head = await asyncio.wait_for(ask(), STEP_SECONDS)
    except TimeoutError as error:
        raise _StoppedError(Obstacle.SILENCE) from error
    except (OSError, EOFError, asyncio.LimitOverrunError) as error:
        raise _StoppedError(Obstacle.NOT_HTTP, type(error).__name__) from error
    return head.decode("latin-1").split("\r\n")


def _status(head: list[str], otherwise: Obstacle) -> int:
    parts = head[0].split(" ", 2)
    if len(parts) > 1 and parts[0].startswith("HTTP/") and parts[1].isdecimal():
        return int(parts[1])
    raise _StoppedError(otherwise, head[0][:40])


def _date(head: list[str]) -> dt.datetime | None:
    for line in head[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "date":
            try:
                return email.utils.parsedate_to_datetime(value.strip()).astimezone(dt.UTC)
            except (ValueError, OverflowError):
                return None
    return None
