"""The one reader of what networks send: raw, unpacked by nobody, up to a limit, within a time.

Whoever asks a server says how much the answer may have and how long all of it may take. A server can then
neither fill the memory (with much, or with little that unpacks to much) nor hold a call for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
import msgspec

from agent import __version__
from agent.ground.language import mark
from agent.network.own_loop import there, there_blocking, there_soon
from agent.network.proxies import UNUSABLE_PROXY, checked_proxy, named_with

SILENCE_SECONDS = 30.0
"""How long a server may send nothing."""
MAX_HEADERS = 100
MAX_HEADER_BYTES = 32 * 1024
"""Of all headers together; beyond some 100 KB they are not even taken apart."""
_ENDLESS = mark("the answer does not come to an end")
_TOO_LARGE = mark("the answer is too large")
_UNPACKED = frozenset({"", "identity"})


class NoAnswerError(Exception):
    """There is no answer, or none that may be read; the text says why."""


class NotSentError(NoAnswerError):
    """There is no connection: nobody has heard the request."""


class TooLargeError(NoAnswerError):
    """It has more bytes than it may have."""


class TooSlowError(NoAnswerError):
    """It did not come to its end in time."""


class UnusableProxyError(NoAnswerError):
    """The proxy is of a kind that is not spoken here."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer may have, and how long it may take."""

    size: int
    """Bytes of its body."""
    seconds: float
    """For all of it, from the first byte sent to the last received."""
    pace: float = math.inf
    """Bytes that win another second: what is long may take longer."""

    def until(self, start: float, received: int) -> float:
        """Return when the answer is too slow that began at ``start`` and has come so far."""
        return start + self.seconds + received / self.pace


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked."""

    method: str = "GET"
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    login: tuple[str, str] | None = field(default=None, repr=False)
    """User and password (RFC 7617)."""
    redirects: int = 0
    """How many are followed."""


class Answer(msgspec.Struct, frozen=True):
    """An answer as it was sent."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether the request was understood and accepted (RFC 9110, 15.3)."""
        return 200 <= self.status < 300


class Coming:
    """An answer whose head is here and whose body is still to be read, in the network's own loop."""

    def __init__(self, response: httpx.Response, limits: Limits, start: float) -> None:
        self.status = response.status_code
        self.headers = _checked_headers(response)
        self._response = response
        self._limits = limits
        self._start = start
        self._received = 0
        self._chunks: AsyncIterator[bytes] = response.aiter_raw()

    async def chunk(self) -> bytes:
        """Return what came next; nothing at the end.

        Raises:
            NoAnswerError: it broke off, is packed, too large or too slow.
        """
        coding = self.headers.get("content-encoding", "").strip().lower()
        if coding not in _UNPACKED:
            raise NoAnswerError(mark("the answer is packed, which nobody asked for"))
        async with _within(self._limits.until(self._start, self._received)):
            chunk = await anext(self._chunks, b"")
        self._received += len(chunk)
        if self._received > self._limits.size:
            raise TooLargeError(_TOO_LARGE)
        return chunk

    def chunk_blocking(self) -> bytes:
        """Like :meth:`chunk`, for a thread without a loop."""
        return there_blocking(self.chunk())

    async def all(self) -> bytes:
        """Return the whole body; of what is no success, none where it must not be read."""
        content = bytearray()
        try:
            while chunk := await self.chunk():
                content += chunk
        except NoAnswerError:
            if self.status < 300:
                raise
            return b""
        return bytes(content)

    async def close(self) -> None:
        """Read no more."""
        await self._response.aclose()


class Reader:
    """Asks servers that one TLS context proves, by one way out; connections are kept for a while."""

    def __init__(
        self, tls: ssl.SSLContext, proxy: str | None = None, *, silence: float = SILENCE_SECONDS
    ) -> None:
        """Raise UnusableProxyError where the proxy is none that can be used."""
        try:
            self._client = httpx.AsyncClient(
                verify=tls,
                proxy=checked_proxy(proxy),
                trust_env=False,  # a .netrc has other passwords
                timeout=silence,
                headers={"User-Agent": f"odc-agent/{__version__}", "Accept-Encoding": "identity"},
                # None is taken, so that a server cannot have more and more of them kept.
                cookies=CookieJar(DefaultCookiePolicy(netscape=False, rfc2965=False)),
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:  # SOCKS, or no URL
            raise UnusableProxyError(named_with(UNUSABLE_PROXY, proxy)) from error

    async def ask(self, request: Request, limits: Limits) -> Answer:
        """Return the whole answer.

        Raises:
            NoAnswerError: there is none that may be read.
        """
        return await there(self._whole(request, limits))

    def ask_blocking(self, request: Request, limits: Limits) -> Answer:
        """Like :meth:`ask`, for a thread without a loop."""
        return there_blocking(self._whole(request, limits))

    @contextlib.contextmanager
    def coming_blocking(self, request: Request, limits: Limits) -> Iterator[Coming]:
        """Give an answer that is read chunk by chunk, in a thread without a loop; NoAnswerError."""
        coming = there_blocking(self._opened(request, limits))
        try:
            yield coming
        finally:
            # Whoever left a generator unfinished has it ended in any thread: nothing may wait here.
            there_soon(coming.close())

    async def close(self) -> None:
        """Close the connections."""
        await there(self._client.aclose())

    def close_soon(self) -> None:
        """Close the connections, from whichever thread; nobody waits for it."""
        there_soon(self._client.aclose())

    async def _whole(self, request: Request, limits: Limits) -> Answer:
        coming = await self._opened(request, limits)
        try:
            return Answer(coming.status, coming.headers, await coming.all())
        finally:
            await coming.close()

    async def _opened(self, request: Request, limits: Limits) -> Coming:
        start = asyncio.get_running_loop().time()
        async with _within(limits.until(start, 0)):
            response = await self._answered(request)
        try:
            return Coming(response, limits, start)
        except NoAnswerError:
            await response.aclose()
            raise

    async def _answered(self, request: Request) -> httpx.Response:
        """Return the answer's head, after the redirects that may be followed."""
        asked = self._client.build_request(
            request.method, request.url, content=request.content, headers=request.headers
        )
        auth = httpx.BasicAuth(*request.login) if request.login else None
        for _ in range(request.redirects + 1):
            response = await self._client.send(asked, auth=auth, stream=True)
            if response.next_request is None or not request.redirects:
                return response
            # Not by the library: it would read, and unpack, the body of a redirect.
            await response.aclose()
            # What it may say of who asks stands in it: a password is for the server it was given for.
            asked, auth = response.next_request, None
        raise NoAnswerError(mark("there are too many redirects"))


@contextlib.asynccontextmanager
async def _within(deadline: float) -> AsyncIterator[None]:
    """Have what is awaited end by ``deadline``, a time of the loop, and fail as a NoAnswerError."""
    try:
        async with asyncio.timeout_at(deadline):
            yield
        # What has come already is taken without a pause in which the timeout could have its turn.
        is_late = asyncio.get_running_loop().time() > deadline
    except TimeoutError as error:
        raise TooSlowError(_ENDLESS) from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NotSentError(str(error) or type(error).__name__) from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NoAnswerError(str(error) or type(error).__name__) from error
    if is_late:
        raise TooSlowError(_ENDLESS)


def _checked_headers(response: httpx.Response) -> dict[str, str]:
    raw = response.headers.raw
    if len(raw) > MAX_HEADERS or sum(len(n) + len(v) for n, v in raw) > MAX_HEADER_BYTES:
        raise TooLargeError(_TOO_LARGE)
    return {name.lower(): value for name, value in response.headers.items()}
