"""The pieces in which documents of pages come, and results go back: ``browser.piece``, ``.result``."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated

import msgspec

from agent.api.methods.browser_serving import Origin, SiteServing
from agent.api.registry import Call, Connection, Registry, Role
from agent.api.services import Services
from agent.signing.uploads import SILENT_SECONDS, Results, Uploads
from agent.sites.errors import ConsentDeniedError
from agent.sites.model import Action

PIECE_BYTES = 480 << 10
"""Of a document, so that its base64 fits into a message with room to spare."""
TransferName = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]


class PieceParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.piece``."""

    origin: Origin
    upload: TransferName
    """Which document it belongs to; chosen by the page at random."""
    piece: Annotated[bytes, msgspec.Meta(max_length=PIECE_BYTES)]
    """Base64 in JSON."""


class PieceView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``browser.piece``."""

    size: int
    """Bytes of the document so far."""


class ResultParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.result``."""

    origin: Origin
    result: TransferName
    at: Annotated[int, msgspec.Meta(ge=0)]
    """Where the piece begins."""


class ResultPiece(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``browser.result``; what was sent to its end is forgotten."""

    piece: bytes
    """Base64 in JSON."""


class SealedItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A document that was sent in pieces."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    upload: TransferName
    size: Annotated[int, msgspec.Meta(ge=0)]
    """Bytes, all of which must have come."""


class ResultView(msgspec.Struct, frozen=True, kw_only=True):
    """A result that is fetched in pieces."""

    result: str
    size: int


class BrowserDocuments:
    """Keeps what travels, for each browser's connection and site, until it is there, taken, or left alone."""

    def __init__(self, services: Services) -> None:
        self._consent = services.consent
        self._uploads = Uploads()
        self._results = Results()
        self._senders: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None
        """Runs while there is anything to forget: an agent at rest has no timer."""

    def register(self, registry: Registry, serving: SiteServing) -> None:
        """Make the methods callable."""
        role = Role.BROWSER
        registry.add("browser.piece", PieceParams, serving.served("piece", self.piece), role)
        registry.add("browser.result", ResultParams, serving.served("result", self.result), role)

    async def piece(self, call: Call, params: PieceParams) -> PieceView:
        """Take a piece of a document."""
        if all(self._consent.is_denied(params.origin, a) for a in (Action.SIGN, Action.DECRYPT)):
            raise ConsentDeniedError(origin=params.origin)
        self._follow(call.connection)
        size = self._uploads.add(
            call.connection, params.origin, params.upload, params.piece, time.monotonic()
        )
        self._sweep_later()
        return PieceView(size=size)

    async def result(self, call: Call, params: ResultParams) -> ResultPiece:
        """Give a piece of a result."""
        piece = self._results.piece(
            (call.connection, params.origin, params.result),
            at=params.at,
            size=PIECE_BYTES,
            now=time.monotonic(),
        )
        return ResultPiece(piece=piece)

    def take(self, call: Call, origin: str, upload: str, size: int) -> bytes:
        """Return a document that has come whole, once; UploadMissingError."""
        return self._uploads.take(call.connection, origin, upload, size)

    def give(self, call: Call, origin: str, content: bytes) -> ResultView:
        """Have a result fetched in pieces."""
        self._follow(call.connection)
        name = self._results.put(call.connection, origin, content, time.monotonic())
        self._sweep_later()
        return ResultView(result=name, size=len(content))

    def _sweep_later(self) -> None:
        if self._sweep is None:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(SILENT_SECONDS + 1, self._drop_silent)

    def _drop_silent(self) -> None:
        """Give memory back though nobody comes again."""
        self._sweep = None
        for held in (self._uploads, self._results):
            held.drop_silent(time.monotonic())
        if self._uploads or self._results:
            self._sweep_later()

    def _follow(self, connection: Connection) -> None:
        """Forget what a browser has sent, and not fetched, once it is gone."""
        if connection not in self._senders:
            self._senders.add(connection)
            connection.on_close(lambda: self._forget(connection))

    def _forget(self, connection: Connection) -> None:
        self._senders.discard(connection)
        self._uploads.drop(connection)
        self._results.drop(connection)
