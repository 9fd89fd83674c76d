"""Documents of pages on their way: in pieces, in memory, for as long as somebody sends them.

Nothing is asked before a document is whole, so a page fills memory before any consent: what it may fill is
bounded for each site and for all, and is emptied when the sender falls silent or has gone.
"""

from __future__ import annotations

import secrets

import msgspec

from agent.ground.errors import OdcError
from agent.ground.language import mark

MAX_DOCUMENT_BYTES = 32 << 20
MAX_SITE_BYTES = 64 << 20
"""Of all documents of one site that are on their way."""
MAX_BYTES = 128 << 20
"""Of all sites."""
MOST_OF_SITE = 100
"""Documents of one site that are on their way: an empty one takes memory too."""
MAX_SITE_RESULT_BYTES = MAX_SITE_BYTES + (16 << 20)
"""Of all results of one site: what was sent, and what encrypting adds."""
MAX_RESULT_BYTES = 2 * MAX_SITE_RESULT_BYTES
"""Of all sites."""
SILENT_SECONDS = 60.0
"""After so long without a piece a document is dropped."""


class DocumentTooLargeError(OdcError):
    """It is longer than a page may send."""

    code = "document_too_large"
    sentence = mark("The document is too large: {limit} MB is the most a site may have signed.")
    advice = mark("Sign it with the certificate manager itself (Sign documents).")


class TooMuchAtOnceError(OdcError):
    """There is no room for more documents now."""

    code = "too_much_at_once"
    sentence = mark("Too many documents are on their way at once.")
    advice = mark("Wait until the others are signed, then try again.")


class UploadMissingError(OdcError):
    """A document was never sent, was dropped meanwhile, or has been taken."""

    code = "upload_missing"
    sentence = mark("The document has not arrived whole.")
    advice = mark("Try again.")


class _Upload(msgspec.Struct):
    site: str
    last: float
    """When its last piece came."""
    content: bytearray = msgspec.field(default_factory=bytearray)


class Uploads:
    """Documents by who sends them and the name each was given."""

    def __init__(self) -> None:
        self._uploads: dict[tuple[object, str, str], _Upload] = {}

    def add(self, sender: object, site: str, name: str, piece: bytes, now: float) -> int:
        """Append a piece to a document, and return how long it is.

        Args:
            sender: of all pieces; another's document of that name is another document.
            site: its origin.
            name: chosen by the page.
            piece: comes after those before it.
            now: in seconds, of a clock that nobody sets.

        Raises:
            DocumentTooLargeError, TooMuchAtOnceError: the document is dropped.
        """
        self.drop_silent(now)
        key = (sender, site, name)
        upload = self._uploads.setdefault(key, _Upload(site, now))
        upload.content += piece
        upload.last = now
        refusal = self._refusal(upload)
        if refusal is not None:
            del self._uploads[key]
            raise refusal
        return len(upload.content)

    def take(self, sender: object, site: str, name: str, size: int) -> bytes:
        """Return a document, once; UploadMissingError where it is not there, or not so long."""
        upload = self._uploads.pop((sender, site, name), None)
        if upload is None or len(upload.content) != size:
            raise UploadMissingError
        return bytes(upload.content)

    def __len__(self) -> int:
        return len(self._uploads)

    def drop(self, sender: object) -> None:
        """Forget what one sender has sent, since it has gone."""
        for key in [key for key in self._uploads if key[0] == sender]:
            del self._uploads[key]

    @property
    def bytes_held(self) -> int:
        """How much is on its way."""
        return sum(len(upload.content) for upload in self._uploads.values())

    def _refusal(self, upload: _Upload) -> OdcError | None:
        if len(upload.content) > MAX_DOCUMENT_BYTES:
            return DocumentTooLargeError(limit=MAX_DOCUMENT_BYTES >> 20)
        of_site = [len(u.content) for u in self._uploads.values() if u.site == upload.site]
        is_full = sum(of_site) > MAX_SITE_BYTES or len(of_site) > MOST_OF_SITE
        if is_full or self.bytes_held > MAX_BYTES:
            return TooMuchAtOnceError()
        return None

    def drop_silent(self, now: float) -> None:
        """Forget documents of which no piece has come for long."""
        _drop_silent(self._uploads, now)


class Results:
    """What is on its way back to pages, in pieces too: taken once, by who asked for it."""

    def __init__(self) -> None:
        self._results: dict[tuple[object, str, str], _Upload] = {}

    def put(self, sender: object, site: str, content: bytes, now: float) -> str:
        """Keep ``content`` for a while, and return the name it is fetched by.

        Who fetches nothing keeps nobody else from it: what has lain longest makes room.
        """
        self.drop_silent(now)
        name = secrets.token_hex(16)
        self._results[sender, site, name] = _Upload(site, now, bytearray(content))
        while self._is_full_of(site):
            del self._results[next(key for key in self._results if key[1] == site)]
        while self.bytes_held > MAX_RESULT_BYTES:
            del self._results[next(iter(self._results))]
        return name

    def piece(self, key: tuple[object, str, str], *, at: int, size: int, now: float) -> bytes:
        """Return a piece; the last one ends it. UploadMissingError where it is not there (any more)."""
        result = self._results.get(key)
        if result is None or at > len(result.content):
            raise UploadMissingError
        result.last = now
        piece = bytes(result.content[at : at + size])
        if at + size >= len(result.content):
            del self._results[key]
        return piece

    def __len__(self) -> int:
        return len(self._results)

    def drop(self, sender: object) -> None:
        """Forget what one sender has not fetched, since it has gone."""
        for key in [key for key in self._results if key[0] == sender]:
            del self._results[key]

    def drop_silent(self, now: float) -> None:
        """Forget results of which no piece was fetched for long."""
        _drop_silent(self._results, now)

    @property
    def bytes_held(self) -> int:
        """How much is on its way."""
        return sum(len(result.content) for result in self._results.values())

    def _is_full_of(self, site: str) -> bool:
        of_site = [len(result.content) for result in self._results.values() if result.site == site]
        return sum(of_site) > MAX_SITE_RESULT_BYTES or len(of_site) > MOST_OF_SITE


def _drop_silent(held: dict[tuple[object, str, str], _Upload], now: float) -> None:
    for key, each in list(held.items()):
        if now - each.last > SILENT_SECONDS:
            del held[key]
