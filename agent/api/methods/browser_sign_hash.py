"""``browser.sign_hash`` and ``browser.signing_certificate``: what pages of Web eID want to sign with."""

from __future__ import annotations

import base64
from typing import Annotated

import msgspec

from agent.api.methods.browser_serving import Origin, SiteServing
from agent.api.methods.renewals import Thumbprint
from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.certificates.model import CertificateUse
from agent.portal_signing.candidates import candidates, problem
from agent.portal_signing.hash_signing import (
    SignatureAlgorithm,
    SignedHash,
    check_hash_allowed,
    hash_signing_of,
    supported,
    why_not_to_sign_hashes,
)
from agent.sites.errors import ConsentDeniedError
from agent.sites.model import Action

_HASH = r"^([A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{86}==)\Z"
"""32, 48 or 64 bytes."""


class SigningCertificateParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.signing_certificate``."""

    origin: Origin


class SigningCertificateView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer; the names are Web eID's."""

    certificate: str
    """DER in base64."""
    supported_signature_algorithms: tuple[SignatureAlgorithm, ...]


class SignHashParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.sign_hash``."""

    origin: Origin
    hash: Annotated[str, msgspec.Meta(pattern=_HASH)]
    """Base64; by SHA-256, SHA-384 or SHA-512, which its length tells."""
    thumbprint: Thumbprint
    """Of the certificate."""


class BrowserSignHash:
    """A hash is signed for sites of the administrator's alone, each time with question and PIN."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry, serving: SiteServing) -> None:
        """Make the methods callable."""
        role = Role.BROWSER
        handler = serving.served("sign_hash", self.sign_hash)
        registry.add("browser.sign_hash", SignHashParams, handler, role)
        named = serving.served("signing_certificate", self.signing_certificate)
        registry.add("browser.signing_certificate", SigningCertificateParams, named, role)

    async def sign_hash(self, _call: Call, params: SignHashParams) -> SignedHash:
        """Return the signature, once somebody has agreed to it with the PIN."""
        consent = self._services.consent
        if consent.is_denied(params.origin, Action.SIGN):
            raise ConsentDeniedError(origin=params.origin)
        check_hash_allowed(params.origin, consent.rules)
        use = hash_signing_of(
            base64.b64decode(params.hash), origin=params.origin, thumbprint=params.thumbprint
        )
        return await self._services.portal_signing.use(use)

    async def signing_certificate(
        self, _call: Call, params: SigningCertificateParams
    ) -> SigningCertificateView:
        """Return the first certificate that would sign a hash now, and how."""
        await self._services.consent.require(params.origin, Action.CERTIFICATES)
        snapshot = await self._services.inventory.current()
        found = candidates(
            snapshot,
            self._services.clock(),
            use=CertificateUse.SIGNING,
            refuses=why_not_to_sign_hashes,
        )
        if (refusal := problem(snapshot, found)) is not None:
            raise refusal
        certificate = found[0].held.certificate
        return SigningCertificateView(
            certificate=base64.b64encode(certificate.der).decode("ascii"),
            supported_signature_algorithms=supported(certificate),
        )
