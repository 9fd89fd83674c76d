"""Fetching for python-tuf's client: by the agent's own HTTP library, without end never, on after a break.

The client limits lengths and checks what has come. That a server sends for ever by sending slowly (TUF:
slow retrieval attack), or packs a little that unpacks to much, is kept from it here.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
from tuf.api import exceptions as tuf
from tuf.ngclient import FetcherInterface

from agent import __version__
from agent.network.proxies import UNUSABLE_PROXY, checked_proxy, named_with
from agent.network.way_out import SYSTEMS, proxy_for, tls_for_anybody
from agent.settings.config import NetworkSettings
from agent.updates.errors import (
    UpdateCancelledError,
    UpdateTooSlowError,
    UpdateUnreachableError,
)

SILENCE_SECONDS = 15.0
"""How long a server may send nothing."""
PATIENCE_SECONDS = 60.0
LEAST_BYTES_PER_SECOND = 2048
"""What a server has to send on average, after some patience: a package then takes hours, not for ever."""
_CHUNK = 65536
_NOTHING_AFTER = httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE


class Fetcher(FetcherInterface):
    """Fetches for one look at a repository."""

    def __init__(self, stop: threading.Event, network: NetworkSettings = SYSTEMS) -> None:
        """End with UpdateCancelledError as soon as ``stop`` is set; go the way ``network`` says."""
        self._stop = stop
        self._network = network
        self._part: Path | None = None
        self._progress: Callable[[int], None] = lambda _received: None

    def keep(self, part: Path, progress: Callable[[int], None]) -> None:
        """Keep in ``part`` what comes from here on, go on after what it has, and tell the bytes so far."""
        self._part, self._progress = part, progress

    def _fetch(self, url: str) -> Iterator[bytes]:
        part = self._part
        kept = part.stat().st_size if part is not None and part.exists() else 0
        with self._answer(url, _headers(kept)) as response:
            if part is not None and response.status_code == _NOTHING_AFTER:
                part.unlink()
                yield from self._fetch(url)
                return
            is_rest = bool(kept) and response.status_code == httpx.codes.PARTIAL_CONTENT
            if response.status_code != httpx.codes.OK and not is_rest:
                raise tuf.DownloadHTTPError(f"HTTP {response.status_code}", response.status_code)
            if part is None:
                yield from self._paced(response)
            else:
                yield from self._kept_along(part, kept if is_rest else 0, response)

    @contextlib.contextmanager
    def _answer(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        proxy = proxy_for(url, self._network)
        try:
            tls = tls_for_anybody(self._network)
        except (ValueError, OSError) as error:  # a file of the company's that cannot be read
            raise UpdateUnreachableError(reason=str(error)) from error
        try:
            client = httpx.Client(
                verify=tls, proxy=checked_proxy(proxy), trust_env=False, timeout=SILENCE_SECONDS
            )
        except (ImportError, ValueError, httpx.InvalidURL) as error:  # SOCKS, or no URL
            raise UpdateUnreachableError(reason=named_with(UNUSABLE_PROXY, proxy)) from error
        with client, contextlib.ExitStack() as stack:
            try:
                answer = client.stream("GET", url, headers=headers)
                response = stack.enter_context(answer)
            except httpx.TransportError as error:
                if proxy is None:
                    raise
                raise UpdateUnreachableError(reason=named_with(str(error), proxy)) from error
            yield response

    def _kept_along(self, part: Path, kept: int, response: httpx.Response) -> Iterator[bytes]:
        """Yield what ``part`` has where the answer is the rest of it, then what comes, written to it too."""
        if kept:
            with part.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        received = kept
        with part.open("ab" if kept else "wb") as file:
            for chunk in self._paced(response):
                file.write(chunk)
                received += len(chunk)
                self._progress(received)
                yield chunk

    def _paced(self, response: httpx.Response) -> Iterator[bytes]:
        """Yield the bytes as they were sent, unpacked by nobody, as long as they come fast enough."""
        start, received = time.monotonic(), 0
        for chunk in response.iter_raw():  # as they come: collecting would wait for them
            received += len(chunk)
            if self._stop.is_set():
                raise UpdateCancelledError
            if time.monotonic() - start > PATIENCE_SECONDS + received / LEAST_BYTES_PER_SECOND:
                raise UpdateTooSlowError
            yield chunk


def _headers(kept: int) -> dict[str, str]:
    said = {"User-Agent": f"odc-agent/{__version__}", "Accept-Encoding": "identity"}
    return {**said, "Range": f"bytes={kept}-"} if kept else said
