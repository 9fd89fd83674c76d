"""``browser.sign_text``: a bare signature over a text, for portals that are used to one."""

from __future__ import annotations

import base64
from typing import Annotated

import msgspec

from agent.api.methods.browser_serving import Origin, SiteServing
from agent.api.methods.renewals import Thumbprint
from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.portal_signing.bare_text import TextEncoding, bare_signing_of


class SignTextParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.sign_text``."""

    origin: Origin
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
    encoding: TextEncoding = "utf-8"
    thumbprint: Thumbprint | None = None
    """Of the only certificate the page takes."""


class SignedTextView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``browser.sign_text``."""

    signature: str
    """Base64: RSA PKCS#1 v1.5 with SHA-256, ECDSA with SHA-256 or SM2 with SM3 as DER."""
    certificate: str
    """Base64 of the signer's, as DER."""


class BrowserSignText:
    """Asked each time, with the text whole and the PIN."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry, serving: SiteServing) -> None:
        """Make the method callable."""
        handler = serving.served("sign_text", self.sign_text)
        registry.add("browser.sign_text", SignTextParams, handler, Role.BROWSER)

    async def sign_text(self, _call: Call, params: SignTextParams) -> SignedTextView:
        """Return the signature and whose it is."""
        signature, certificate = await self._services.portal_signing.use(
            bare_signing_of(
                params.text,
                params.encoding,
                origin=params.origin,
                thumbprint=params.thumbprint,
            )
        )
        return SignedTextView(
            signature=base64.b64encode(signature).decode("ascii"),
            certificate=base64.b64encode(certificate).decode("ascii"),
        )
