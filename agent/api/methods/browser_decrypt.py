"""``browser.decrypt`` and ``browser.encrypt``: what a page seals for certificates, and has opened again."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from agent.api.methods.browser_documents import BrowserDocuments, ResultView, SealedItem
from agent.api.methods.browser_serving import Origin, SiteServing
from agent.api.methods.renewals import Thumbprint
from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.portal_signing.decrypting import SealedDocument, decrypting_of
from agent.signing.sealing import seal
from agent.sites.errors import ConsentDeniedError
from agent.sites.model import Action

MAX_ITEMS = 32
MAX_RECIPIENTS = 16
MAX_CERTIFICATE_BYTES = 8 << 10
Items = Annotated[tuple[SealedItem, ...], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


class DecryptParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.decrypt``."""

    origin: Origin
    items: Items
    """CMS EnvelopedData."""
    thumbprint: Thumbprint | None = None
    """Of the only certificate the page takes."""


class EncryptParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.encrypt``."""

    origin: Origin
    items: Items
    certificates: Annotated[
        tuple[Annotated[bytes, msgspec.Meta(max_length=MAX_CERTIFICATE_BYTES)], ...],
        msgspec.Meta(min_length=1, max_length=MAX_RECIPIENTS),
    ]
    """For whose holders (DER; base64 in JSON)."""


class ResultsView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to both: a result for each item, in order."""

    results: tuple[ResultView, ...]


class BrowserDecrypt:
    """Decrypting is asked each time, with one PIN for all; encrypting needs neither token nor question."""

    def __init__(self, services: Services, documents: BrowserDocuments) -> None:
        self._services = services
        self._documents = documents

    def register(self, registry: Registry, serving: SiteServing) -> None:
        """Make the methods callable."""
        role = Role.BROWSER
        registry.add(
            "browser.decrypt", DecryptParams, serving.served("decrypt", self.decrypt), role
        )
        registry.add(
            "browser.encrypt", EncryptParams, serving.served("encrypt", self.encrypt), role
        )

    async def decrypt(self, call: Call, params: DecryptParams) -> ResultsView:
        """Return what the messages hold, once somebody has agreed with the PIN."""
        if self._services.consent.is_denied(params.origin, Action.DECRYPT):
            raise ConsentDeniedError(origin=params.origin)
        sealed = [
            await asyncio.to_thread(
                SealedDocument.read, item.name, self._content(call, params.origin, item)
            )
            for item in params.items
        ]
        use = decrypting_of(sealed, origin=params.origin, thumbprint=params.thumbprint)
        contents = await self._services.portal_signing.use(use)
        return self._given(call, params.origin, contents)

    async def encrypt(self, call: Call, params: EncryptParams) -> ResultsView:
        """Return messages that the holders of the certificates can open."""
        contents = [self._content(call, params.origin, item) for item in params.items]
        messages = [
            await asyncio.to_thread(seal, content, params.certificates) for content in contents
        ]
        return self._given(call, params.origin, messages)

    def _content(self, call: Call, origin: str, item: SealedItem) -> bytes:
        return self._documents.take(call, origin, item.upload, item.size)

    def _given(
        self, call: Call, origin: str, contents: tuple[bytes, ...] | list[bytes]
    ) -> ResultsView:
        given = (self._documents.give(call, origin, content) for content in contents)
        return ResultsView(results=tuple(given))
