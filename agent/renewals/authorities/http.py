"""Asking an authority over HTTPS: one connection pool, limits on everything, errors that say what to do."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import ClassVar, TypeVar

import msgspec

from agent.ground.clock import since_boot
from agent.ground.decoding import from_json, json_decoder
from agent.ground.encodings import guessed_text
from agent.ground.errors import OdcError
from agent.network.proxies import named_with
from agent.network.reader import (
    Answer,
    Limits,
    NoAnswerError,
    NotSentError,
    Reader,
    Request,
    UnusableProxyError,
)
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
Refusal = Callable[[Answer, Problem], OdcError | None]
"""What a refusal means for one call, where it means more than most."""

CALL_SECONDS = 180.0
"""For a whole call: a scan goes up a slow line, and a server may think about it."""
DEFAULT_RETRY_SECONDS = 60.0
MIN_RETRY_SECONDS = 1.0
MAX_RETRY_SECONDS = 24 * 3600.0
UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding may raise: another shape, bytes that are no text, numbers without end, nesting."""
_TOLD = 300
"""Characters that are told of an error's text."""
_SERVER_TROUBLE = frozenset({408, 425, 429})


class _Told(msgspec.Struct, frozen=True):
    """The time as a server told it, and when that was by a clock that nobody sets."""

    date: dt.datetime
    at: float

    def now(self) -> dt.datetime:
        return self.date + dt.timedelta(seconds=since_boot() - self.at)


class AuthorityHttp:
    """The connection to one authority, pinned to its trust anchor."""

    asks_for_secret = False
    """As :class:`agent.renewals.authorities.enrolment.Enrolment` has it."""
    _headers: ClassVar[Mapping[str, str]] = {}
    """Sent with every request."""

    def __init__(self, settings: AuthoritySettings, network: NetworkSettings = SYSTEMS) -> None:
        """Go the way ``network`` says; OSError or ValueError where the trust anchor cannot be read."""
        self._url = settings.url.rstrip("/")
        self._network = network
        # Only the authority's own root: a public CA's certificate for that name does not do.
        self._tls = pinned_tls(settings.trust_anchor)
        self._readers: dict[str | None, Reader] = {}
        self._told: _Told | None = None

    @property
    def url(self) -> str:
        """Base URL; a manifest's audience."""
        return self._url

    async def time(self) -> dt.datetime | None:
        """Return the server's time, by its last answer (RFC 9110, 6.6.1); None where it tells none.

        Raises:
            AuthorityUnreachableError: it has said nothing yet, and there is no connection.
        """
        if self._told is None:
            await self._ask_for_time()
        return self._told.now() if self._told else None

    async def _ask_for_time(self) -> None:
        """Ask something: whatever a server thinks of the question, it tells the time."""
        try:
            await self._ask("HEAD", "/", size=0)
        except AuthorityRefusedError:
            pass
        except AuthorityUnreachableError as error:
            if not error.was_sent:
                raise

    def _hear(self, time: dt.datetime | None) -> None:
        """Take what the server has said for its time, where it has said it."""
        if time is not None:
            self._told = _Told(time, since_boot())

    async def close(self) -> None:
        """Close the connections."""
        for reader in self._readers.values():
            await reader.close()
        self._readers.clear()

    def _reader(self, proxy: str | None) -> Reader:
        if proxy not in self._readers:
            self._readers[proxy] = Reader(self._tls, proxy)
        return self._readers[proxy]

    async def _ask(
        self,
        method: str,
        path: str,
        credentials: Credentials | None = None,
        *,
        size: int,
        content: bytes | None = None,
        media_type: str = "application/json",
        refusal: Refusal | None = None,
    ) -> Answer:
        """Return what is said to a request, where that is yes; ``size`` is what it may have in bytes."""
        request = Request(
            method=method,
            url=self._url + path,
            content=content,
            headers={
                **self._headers,
                **({"Content-Type": media_type} if content is not None else {}),
            },
            login=(credentials.application, credentials.secret) if credentials else None,
            # None followed: the password is for this host alone.
            redirects=0,
        )
        # Each time: a PAC program may say another after a while.
        proxy = await asyncio.to_thread(proxy_for, self._url, self._network)
        try:
            answer = await self._reader(proxy).ask(request, Limits(size=size, seconds=CALL_SECONDS))
        except UnusableProxyError as error:
            raise AuthorityUnreachableError(reason=str(error), was_sent=False) from error
        except NoAnswerError as error:
            reason = named_with(str(error), proxy)
            was_sent = not isinstance(error, NotSentError)
            raise AuthorityUnreachableError(reason=reason, was_sent=was_sent) from error
        self._hear(_instant(answer.headers.get("date", "")))
        if not answer.is_success:
            raise _refused(answer, refusal)
        return answer


def _refused(answer: Answer, refusal: Refusal | None) -> OdcError:
    problem = problem_of(answer)
    special = refusal(answer, problem) if refusal is not None else None
    if special is not None:
        return special
    if answer.status >= 500 or answer.status in _SERVER_TROUBLE:
        return AuthorityUnreachableError(
            reason=f"HTTP {answer.status}", retry_after=retry_after_of(answer)
        )
    return AuthorityRefusedError(
        reason=problem.detail or problem.title or f"HTTP {answer.status}", problem=problem.code
    )


def json_of(answer: Answer, kind: type[T]) -> T:
    """Return a JSON answer as a type."""
    return read_json(answer, json_decoder(kind))


def read_json(answer: Answer, decode: Callable[[bytes], T]) -> T:
    """Return a JSON answer as ``decode`` reads it."""
    try:
        return decode(answer.content)
    except UNREADABLE as error:
        # A proxy's page, or a broken server: nothing was lost, it is asked again.
        raise AuthorityUnreachableError(reason=f"unreadable answer: {error}") from error


def problem_of(answer: Answer) -> Problem:
    """Read an error body: a problem document, EST's plain text, or nothing at all.

    Under EST, whose errors are text, the text of an authority with our profile begins with the code.
    """
    if "json" in answer.headers.get("content-type", ""):
        try:
            return from_json(answer.content, Problem)
        except UNREADABLE:
            pass
    text = _text(answer).strip()[:_TOLD]
    first, _, rest = text.partition(":")
    code = first if first in frozenset(ProblemCode) else ""
    return Problem(title=(rest.strip() if code else "") or text, status=answer.status, code=code)


def _text(answer: Answer) -> str:
    """Return the beginning of an error's text, whatever it is written in."""
    beginning = answer.content[: 4 * _TOLD]
    if "charset=utf-16" in answer.headers.get("content-type", "").lower():
        return beginning.decode("utf-16", "replace")
    return guessed_text(beginning, may_be_cut=True)


def retry_after_of(answer: Answer) -> float | None:
    """Return Retry-After (RFC 9110, 10.2.3: seconds or a date) in seconds, within a day.

    A date that has passed is none: by a clock that goes wrong, each second would be one to ask in.
    """
    value = answer.headers.get("retry-after", "").strip()
    seconds = float(value) if value.isdecimal() else _seconds_until(value, answer)
    if seconds is None:
        return None
    return max(MIN_RETRY_SECONDS, min(seconds, MAX_RETRY_SECONDS))


def _seconds_until(date: str, answer: Answer) -> float | None:
    """Return the seconds to ``date``, by the server's clock where it tells that too."""
    until = _instant(date)
    if until is None:
        return None
    now = _instant(answer.headers.get("date", "")) or dt.datetime.now(dt.UTC)
    left = (until - now).total_seconds()
    return left if left > 0 else None


def _instant(date: str) -> dt.datetime | None:
    """Return an HTTP-date (RFC 9110, 5.6.7), or None where it is none."""
    try:
        found = parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def pause_of(answer: Answer) -> float:
    """Return how many seconds to wait before asking again."""
    asked = retry_after_of(answer)
    return DEFAULT_RETRY_SECONDS if asked is None else asked
