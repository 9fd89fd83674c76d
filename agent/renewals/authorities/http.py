"""Asking an authority over HTTPS: one connection pool, limits on everything, errors that say what to do."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx
import msgspec

from agent import __version__
from agent.ground.errors import OdcError
from agent.network.proxies import UNUSABLE_PROXY, checked_proxy, named_with
from agent.network.tls import pinned_tls
from agent.network.way_out import SYSTEMS, proxy_for
from agent.renewals.authorities.authority import (
    AuthorityRefusedError,
    AuthorityUnreachableError,
    Credentials,
)
from agent.renewals.authorities.ra_protocol import Problem, ProblemCode
from agent.settings.config import AuthoritySettings, NetworkSettings

T = TypeVar("T")
Refusal = Callable[[httpx.Response, Problem], OdcError | None]
"""What a refusal means for one call, where it means more than most."""

TIMEOUT_SECONDS = 30.0
CALL_SECONDS = 180.0
DEFAULT_RETRY_SECONDS = 60.0
MIN_RETRY_SECONDS = 1.0
MAX_RETRY_SECONDS = 24 * 3600.0
MAX_ANSWER_BYTES = 1024 * 1024
_SERVER_TROUBLE = frozenset({408, 425, 429})


class AuthorityHttp:
    """The connection to one authority, pinned to its trust anchor."""

    def __init__(self, settings: AuthoritySettings, network: NetworkSettings = SYSTEMS) -> None:
        """Go the way ``network`` says; OSError or ValueError where the trust anchor cannot be read."""
        self._url = settings.url.rstrip("/")
        self._network = network
        # Only the authority's own root: a public CA's certificate for that name does not do.
        self._tls = pinned_tls(settings.trust_anchor)
        self._clients: dict[str | None, httpx.AsyncClient] = {}

    @property
    def url(self) -> str:
        """Base URL; a manifest's audience."""
        return self._url

    async def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _client(self, proxy: str | None) -> httpx.AsyncClient:
        if proxy not in self._clients:
            try:
                self._clients[proxy] = self._by_way_of(proxy)
            except (ImportError, ValueError, httpx.InvalidURL) as error:  # SOCKS, or no URL
                reason = named_with(UNUSABLE_PROXY, proxy)
                raise AuthorityUnreachableError(reason=reason) from error
        return self._clients[proxy]

    def _by_way_of(self, proxy: str | None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._url,
            verify=self._tls,
            proxy=checked_proxy(proxy),
            trust_env=False,  # a .netrc has other passwords
            timeout=TIMEOUT_SECONDS,
            headers={"User-Agent": f"odc-agent/{__version__}"},
            follow_redirects=False,  # the password is for this host alone
        )

    async def _ask(
        self,
        method: str,
        path: str,
        credentials: Credentials | None = None,
        *,
        content: bytes | None = None,
        media_type: str = "application/json",
        refusal: Refusal | None = None,
    ) -> httpx.Response:
        auth = httpx.BasicAuth(credentials.application, credentials.secret) if credentials else None
        headers = {"Content-Type": media_type} if content is not None else {}
        # Each time: a PAC program may say another after a while.
        proxy = await asyncio.to_thread(proxy_for, self._url, self._network)
        client = self._client(proxy)
        try:
            # httpx limits each read; a server that drips would hold the call for ever.
            async with asyncio.timeout(CALL_SECONDS):
                answer = await client.request(
                    method, path, content=content, headers=headers, auth=auth
                )
        except (httpx.HTTPError, TimeoutError) as error:
            raise AuthorityUnreachableError(reason=named_with(_reason(error), proxy)) from error
        if answer.is_success:
            return answer
        problem = problem_of(answer)
        special = refusal(answer, problem) if refusal is not None else None
        if special is not None:
            raise special
        if answer.is_server_error or answer.status_code in _SERVER_TROUBLE:
            raise AuthorityUnreachableError(
                reason=f"HTTP {answer.status_code}", retry_after=retry_after_of(answer)
            )
        raise AuthorityRefusedError(
            reason=problem.detail or problem.title or f"HTTP {answer.status_code}",
            problem=problem.code,
        )


def json_of(answer: httpx.Response, kind: type[T]) -> T:
    """Return a JSON answer as a type."""
    return read_json(answer, msgspec.json.Decoder(kind).decode)


def read_json(answer: httpx.Response, decode: Callable[[bytes], T]) -> T:
    """Return a JSON answer as ``decode`` reads it."""
    try:
        return decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # A proxy's page, or a broken server: nothing was lost, it is asked again.
        raise AuthorityUnreachableError(reason=f"unreadable answer: {error}") from error


def problem_of(answer: httpx.Response) -> Problem:
    """Read an error body: a problem document, EST's plain text, or nothing at all.

    Under EST, whose errors are text, the text of an authority with our profile begins with the code.
    """
    if "json" in answer.headers.get("Content-Type", ""):
        try:
            return msgspec.json.decode(answer.content, type=Problem)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    text = answer.text.strip()[:300] if len(answer.content) <= MAX_ANSWER_BYTES else ""
    first, _, rest = text.partition(":")
    code = first if first in frozenset(ProblemCode) else ""
    return Problem(
        title=(rest.strip() if code else "") or text, status=answer.status_code, code=code
    )


def retry_after_of(answer: httpx.Response) -> float | None:
    """Return Retry-After (RFC 9110, 10.2.3: seconds or a date) in seconds, within a day."""
    value = answer.headers.get("Retry-After", "").strip()
    seconds = float(value) if value.isdecimal() else _seconds_until(value, answer)
    if seconds is None:
        return None
    return max(MIN_RETRY_SECONDS, min(seconds, MAX_RETRY_SECONDS))


def _seconds_until(date: str, answer: httpx.Response) -> float | None:
    """Return the seconds to ``date``, by the server's clock where it tells that too."""
    until = _instant(date)
    if until is None:
        return None
    now = _instant(answer.headers.get("Date", "")) or dt.datetime.now(dt.UTC)
    return (until - now).total_seconds()


def _instant(date: str) -> dt.datetime | None:
    """Return an HTTP-date (RFC 9110, 5.6.7), or None where it is none."""
    try:
        found = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def pause_of(answer: httpx.Response) -> float:
    """Return how many seconds to wait before asking again."""
    asked = retry_after_of(answer)
    return DEFAULT_RETRY_SECONDS if asked is None else asked


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
