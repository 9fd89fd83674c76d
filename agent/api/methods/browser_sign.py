"""``browser.sign``: a page has texts and documents signed."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from agent.api.methods.browser_documents import BrowserDocuments, TransferName
from agent.api.methods.browser_serving import Origin, SiteServing
from agent.api.methods.renewals import Thumbprint
from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.portal_signing.signing import signing_of
from agent.signing.pages import PageDocument, PageSignature, check_signable
from agent.sites.errors import ConsentDeniedError
from agent.sites.model import Action

MAX_ITEMS = 32
"""Texts and documents in one question: as many as somebody can be asked about."""
MAX_TEXT = 8000
"""Characters of a text, which is shown whole."""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text, or a document that was sent in pieces."""

    text: Annotated[str, msgspec.Meta(max_length=MAX_TEXT)] | None = None
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None
    upload: TransferName | None = None
    size: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """Bytes of the document, all of which must have come."""

    def __post_init__(self) -> None:
        """Refuse what is neither of the two, or both."""
        document = (self.name, self.upload, self.size)
        is_text = self.text is not None and document == (None, None, None)
        if not is_text and (self.text is not None or None in document):
            raise ValueError("a text alone, or name, upload and size of a document")


class SignParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.sign``."""

    origin: Origin
    items: Annotated[tuple[Item, ...], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    detached: bool = True
    """Whether the signatures are without the content."""
    thumbprint: Thumbprint | None = None
    """Of the only certificate the page takes."""


class SignView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``browser.sign``."""

    certificate: bytes
    """The signer's (DER; base64 in JSON)."""
    signatures: tuple[PageSignature, ...]
    """One for each item, in order."""


class BrowserSign:
    """Asked each time, for all items together, with one PIN; nothing of it can be allowed for good."""

    def __init__(self, services: Services, documents: BrowserDocuments) -> None:
        self._services = services
        self._documents = documents

    def register(self, registry: Registry, serving: SiteServing) -> None:
        """Make the methods callable."""
        handler = serving.served("sign", self.sign)
        registry.add("browser.sign", SignParams, handler, Role.BROWSER)

    async def sign(self, call: Call, params: SignParams) -> SignView:
        """Return the signatures, once somebody has agreed to all of them with the PIN."""
        if self._services.consent.is_denied(params.origin, Action.SIGN):
            raise ConsentDeniedError(origin=params.origin)
        documents = [self._document(call, params.origin, item) for item in params.items]
        await asyncio.to_thread(check_signable, documents)
        use = signing_of(
            documents,
            origin=params.origin,
            is_detached=params.detached,
            clock=self._services.clock,
            thumbprint=params.thumbprint,
        )
        certificate, signatures = await self._services.portal_signing.use(use)
        return SignView(certificate=certificate, signatures=signatures)

    def _document(self, call: Call, origin: str, item: Item) -> PageDocument:
        if item.text is not None:
            return PageDocument(item.text.encode())
        assert item.name is not None
        assert item.upload is not None
        assert item.size is not None
        content = self._documents.take(call, origin, item.upload, item.size)
        return PageDocument(content, item.name)
