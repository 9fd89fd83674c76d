"""Fetching for python-tuf's client: by the agent's own reader, on after a break.

The client limits lengths and checks what has come. That a server sends for ever by sending slowly (TUF:
slow retrieval attack), or packs a little that unpacks to much, the reader keeps from it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import IO

from tuf.api import exceptions as tuf
from tuf.ngclient import FetcherInterface

from agent.ground import held_files
from agent.network.proxies import named_with
from agent.network.reader import (
    Coming,
    Limits,
    NoAnswerError,
    Reader,
    Request,
    TooLargeError,
    TooSlowError,
    UnusableProxyError,
)
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
MAX_BYTES = 1 << 30
"""Of whatever is fetched; how much each file may have is signed, and the client holds it to that."""
_CHUNK = 65536


class Fetcher(FetcherInterface):
    """Fetches for one look at a repository."""

    def __init__(self, stop: threading.Event, network: NetworkSettings = SYSTEMS) -> None:
        """End with UpdateCancelledError as soon as ``stop`` is set; go the way ``network`` says."""
        self._stop = stop
        self._network = network
        self._part: Path | None = None
        self._coming: Generator[bytes, None, None] | None = None
        self._progress: Callable[[int], None] = lambda _received: None

    def keep(self, part: Path, progress: Callable[[int], None]) -> None:
        """Keep in ``part`` what comes from here on, go on after what it has, and tell the bytes so far."""
        self._part, self._progress = part, progress

    @contextlib.contextmanager
    def download_file(self, url: str, max_length: int) -> Iterator[IO[bytes]]:
        """Give the file at ``url``; what the client does not want to the end is closed at once."""
        try:
            with super().download_file(url, max_length) as file:
                yield file
        finally:
            if self._coming is not None:
                self._coming.close()

    def _fetch(self, url: str) -> Iterator[bytes]:
        self._coming = self._fetched(url)
        return self._coming

    def _fetched(self, url: str) -> Generator[bytes, None, None]:
        part = self._part
        kept = part.stat().st_size if part is not None and part.exists() else 0
        with self._answer(url, kept) as answer:
            if part is not None and answer.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                held_files.remove(part)
                yield from self._fetched(url)
                return
            is_rest = bool(kept) and answer.status == HTTPStatus.PARTIAL_CONTENT
            if answer.status != HTTPStatus.OK and not is_rest:
                raise tuf.DownloadHTTPError(f"HTTP {answer.status}", answer.status)
            if part is None:
                yield from self._chunks(answer)
            else:
                yield from self._kept_along(part, kept if is_rest else 0, answer)

    @contextlib.contextmanager
    def _answer(self, url: str, kept: int) -> Iterator[Coming]:
        """Give the answer to a request for what is at ``url``, but for the first ``kept`` bytes."""
        proxy = proxy_for(url, self._network)
        try:
            tls = tls_for_anybody(self._network)
        except (ValueError, OSError) as error:  # a file of the company's that cannot be read
            raise UpdateUnreachableError(reason=str(error)) from error
        request = Request(url=url, headers={"Range": f"bytes={kept}-"} if kept else {})
        limits = Limits(size=MAX_BYTES, seconds=PATIENCE_SECONDS, pace=LEAST_BYTES_PER_SECOND)
        try:
            reader = Reader(tls, proxy, silence=SILENCE_SECONDS)
        except UnusableProxyError as error:
            raise UpdateUnreachableError(reason=str(error)) from error
        try:
            with reader.coming_blocking(request, limits) as answer:
                yield answer
        except TooLargeError as error:
            raise tuf.DownloadLengthMismatchError(str(error)) from error
        except TooSlowError as error:
            raise UpdateTooSlowError from error
        except NoAnswerError as error:
            raise UpdateUnreachableError(reason=named_with(str(error), proxy)) from error
        finally:
            reader.close_soon()

    def _kept_along(self, part: Path, kept: int, answer: Coming) -> Iterator[bytes]:
        """Yield what ``part`` has where the answer is the rest of it, then what comes, written to it too."""
        if kept:
            with held_files.open_to_read(part) as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        received = kept
        with part.open("ab" if kept else "wb") as file:
            for chunk in self._chunks(answer):
                file.write(chunk)
                received += len(chunk)
                self._progress(received)
                yield chunk

    def _chunks(self, answer: Coming) -> Iterator[bytes]:
        """Yield the bytes as they come: collecting would wait for them."""
        while chunk := answer.chunk_blocking():
            if self._stop.is_set():
                raise UpdateCancelledError
            yield chunk
