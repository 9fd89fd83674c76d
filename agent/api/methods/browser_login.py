"""``browser.login``: a page has its visitor log in with a token."""

from __future__ import annotations

import msgspec

from agent.api.methods.browser_serving import Origin, SiteServing
from agent.api.methods.renewals import Thumbprint
from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.portal_signing.login import Login, LoginToken, Nonce, why_not_to_log_in
from agent.portal_signing.model import TokenUse
from agent.sites.model import Action
from agent.tokens.protocol import SignData
from agent.tokens.snapshot import HeldCertificate
from agent.tokens.supervisor import PinSession


class LoginParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.login``."""

    origin: Origin
    nonce: Nonce
    thumbprint: Thumbprint | None = None
    """Of the only certificate the page takes."""


class BrowserLogin:
    """Asked each time, with the PIN; only that the site may ask can be allowed for good."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry, serving: SiteServing) -> None:
        """Make the method callable."""
        handler = serving.served("login", self.login)
        registry.add("browser.login", LoginParams, handler, Role.BROWSER)

    async def login(self, _call: Call, params: LoginParams) -> LoginToken:
        """Return what the site's server checks."""

        async def sign(held: HeldCertificate, session: PinSession) -> LoginToken:
            login = Login(params.origin, params.nonce, held.certificate)
            signature = await session.call(
                SignData(key=held.key, data=login.to_be_signed, digest=login.digest)
            )
            return login.token(signature)

        return await self._services.portal_signing.use(
            TokenUse(
                origin=params.origin,
                action=Action.LOGIN,
                refuses=why_not_to_log_in,
                work=sign,
                thumbprint=params.thumbprint,
            )
        )
