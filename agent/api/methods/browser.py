"""Methods of web pages, by way of extension and native host: what a portal may ask, after consent."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import logging
from collections.abc import Sequence
from typing import Annotated

import msgspec

from agent import __version__
from agent.api.known import Known
from agent.api.methods.browser_decrypt import BrowserDecrypt
from agent.api.methods.browser_documents import BrowserDocuments
from agent.api.methods.browser_login import BrowserLogin
from agent.api.methods.browser_serving import Origin, SiteServing
from agent.api.methods.browser_sign import BrowserSign
from agent.api.methods.browser_sign_hash import BrowserSignHash
from agent.api.methods.browser_sign_text import BrowserSignText
from agent.api.methods.browser_watches import Watches
from agent.api.methods.renewals import Id, Thumbprint
from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.api.views.browser import (
    BrowserCertificates,
    BrowserRenewal,
    browser_certificates,
    browser_renewal,
)
from agent.certificates.model import CertificateUse
from agent.ground.errors import OdcError
from agent.ground.language import Language
from agent.renewals.ground.errors import CertificateNotFoundError
from agent.renewals.journal.record import Renewal
from agent.sites.errors import NoTokenError
from agent.sites.model import Action
from agent.tokens.snapshot import Token

log = logging.getLogger(__name__)

WINDOW_INTERVAL = dt.timedelta(minutes=1)


class OriginParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.status``."""

    origin: Origin
    """The page's origin as the browser gave it to the extension."""


class CertificatesParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.certificates``."""

    origin: Origin
    use: CertificateUse | None = None
    min_days: Annotated[int, msgspec.Meta(ge=-36500, le=36500)] | None = None
    """Only those that are valid for at least so many days; negative: expired no longer ago."""


class CertificateParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.certificate``."""

    origin: Origin
    thumbprint: Thumbprint


class RenewParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.renew``."""

    origin: Origin
    thumbprint: Thumbprint


class RenewalParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.renewal``."""

    origin: Origin
    id: Id


class CancelParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.cancel``."""

    origin: Origin
    request: int | str
    """The JSON-RPC id of the request whose page has gone."""


class BrowserMethods:
    """A page gets certificates and states; never PINs, codes, scans or file names."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._consent = services.consent
        self._opened: dict[str, dt.datetime] = {}
        self._serving = SiteServing(services.consent)
        self._watches = Watches(services.bus, services.consent)

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        serve, role = self._serving.served, Role.BROWSER
        registry.add("browser.status", OriginParams, serve("status", self.status), role)
        registry.add(
            "browser.certificates",
            CertificatesParams,
            serve("certificates", self.certificates),
            role,
        )
        handler = serve("certificate", self.certificate)
        registry.add("browser.certificate", CertificateParams, handler, role)
        registry.add("browser.renew", RenewParams, serve("renew", self.renew), role)
        registry.add("browser.renewal", RenewalParams, serve("renewal", self.renewal), role)
        registry.add("browser.cancel", CancelParams, self.cancel, role)
        BrowserLogin(self._services).register(registry, self._serving)
        documents = BrowserDocuments(self._services)
        documents.register(registry, self._serving)
        BrowserSign(self._services, documents).register(registry, self._serving)
        BrowserDecrypt(self._services, documents).register(registry, self._serving)
        BrowserSignText(self._services).register(registry, self._serving)
        BrowserSignHash(self._services).register(registry, self._serving)

    async def status(self, _call: Call, _params: OriginParams) -> dict[str, str]:
        """That the agent is there: all a page may know without consent."""
        return {"agent": __version__}

    async def certificates(self, call: Call, params: CertificatesParams) -> BrowserCertificates:
        """The organisations' certificates that are plugged in."""
        await self._consent.require(params.origin, Action.CERTIFICATES)
        services = self._services
        tokens = (await services.inventory.current()).tokens
        if not tokens:
            raise NoTokenError
        now, language = services.clock(), services.language_of(call)
        return await asyncio.to_thread(_chosen, tokens, params, now, language, services.known())

    async def certificate(self, _call: Call, params: CertificateParams) -> dict[str, str]:
        """One of these certificates whole, in base64."""
        await self._consent.require(params.origin, Action.CERTIFICATES)
        snapshot = await self._services.inventory.current()
        found = snapshot.find(params.thumbprint)
        if found is None or found[1].certificate.is_ca:
            raise CertificateNotFoundError if snapshot.tokens else NoTokenError
        return {"certificate": base64.b64encode(found[1].certificate.der).decode("ascii")}

    async def renew(self, call: Call, params: RenewParams) -> BrowserRenewal:
        """Start a renewal or join it, open its window, and tell the page each state from now on."""
        await self._consent.require(params.origin, Action.RENEW, params.thumbprint)
        # Before anything is started that the page would not be told of.
        self._watches.check_room(params.origin)
        services = self._services
        renewal = await services.renewals.start(params.thumbprint, origin=params.origin)
        self._consent.memory.let_follow(params.origin, renewal.id)
        self._watches.begin(call, params.origin, renewal)
        self._open_window(renewal)
        return browser_renewal(services.renewals.shown(renewal))

    async def renewal(self, _call: Call, params: RenewalParams) -> BrowserRenewal:
        """Where a renewal stands that this site has started or joined."""
        self._consent.check_follows(params.origin, params.id)
        renewals = self._services.renewals
        return browser_renewal(renewals.shown(renewals.get(params.id)))

    async def cancel(self, call: Call, params: CancelParams) -> dict[str, str]:
        """Take back what a page of the same site asked that has gone; a renewal it started goes on."""
        asked = (call.connection, params.request)
        self._serving.waiting.withdraw(asked, params.origin)
        self._watches.withdraw(asked, params.origin)
        return {}

    def _open_window(self, renewal: Renewal) -> None:
        """Open the renewal's window, not more often than a person could close it."""
        now = self._services.clock()
        self._opened = {i: at for i, at in self._opened.items() if now - at < WINDOW_INTERVAL}
        if renewal.id in self._opened:
            return
        self._opened[renewal.id] = now
        try:
            self._services.windows.open_window("renew", renewal.thumbprint)
        except OdcError as error:
            # The renewal is there all the same, and the tray and the command line know of it.
            log.warning("no window for a renewal from a page code=%s", error.code)


def _chosen(
    tokens: Sequence[Token],
    params: CertificatesParams,
    now: dt.datetime,
    language: Language,
    known: Known,
) -> BrowserCertificates:
    """Return the certificates a page asked for; of very many that takes a while."""
    return BrowserCertificates(
        certificates=tuple(
            certificate
            for token in tokens
            for certificate in browser_certificates(token, now, language, known)
            if params.use in (None, certificate.use)
            and (params.min_days is None or certificate.days_left >= params.min_days)
        )
    )
