"""Methods of web pages, by way of extension and native host: what a portal may ask, after consent."""

from __future__ import annotations

import datetime as dt
import functools
import logging
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Protocol, TypeVar

import msgspec

from agent import __version__
from agent.api.methods.browser_watches import Waiting, Watches
from agent.api.methods.refusals import Refusals
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
from agent.ground.language import mark
from agent.renewals.journal.record import Renewal
from agent.sites.model import Action
from agent.sites.origins import is_origin

log = logging.getLogger(__name__)

WINDOW_INTERVAL = dt.timedelta(minutes=1)
Origin = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class NoTokenError(OdcError):
    """No token is plugged in; said to a page only after consent."""

    code = "no_token"
    sentence = mark("No token is plugged in.")
    advice = mark("Plug the token in and try again.")


class SiteRequest(Protocol):
    """Parameters of every method here."""

    @property
    def origin(self) -> str:
        """The page's origin as the browser gave it to the extension."""


P = TypeVar("P", bound=SiteRequest)


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
        self._waiting = Waiting()
        self._refusals = Refusals()
        self._watches = Watches(services.bus, services.consent)

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        serve, role = self._served, Role.BROWSER
        registry.add("browser.status", OriginParams, serve("status", self.status), role)
        registry.add(
            "browser.certificates",
            CertificatesParams,
            serve("certificates", self.certificates),
            role,
        )
        registry.add("browser.renew", RenewParams, serve("renew", self.renew), role)
        registry.add("browser.renewal", RenewalParams, serve("renewal", self.renewal), role)
        registry.add("browser.cancel", CancelParams, self.cancel, role)

    def _served(
        self, name: str, handler: Callable[[Call, P], Coroutine[Any, Any, object]]
    ) -> Callable[[Call, P], Coroutine[Any, Any, object]]:
        """Return ``handler`` with what holds for all: origin, rate, withdrawal, a line in the log."""

        async def serve(call: Call, params: P) -> object:
            outcome = "interrupted"
            try:
                answer = await self._waiting.run(
                    call, params.origin, functools.partial(self._admitted, handler, call, params)
                )
                outcome = "answered"
            except OdcError as error:
                outcome = error.code
                raise
            finally:
                origin = params.origin if is_origin(params.origin) else "invalid"
                if outcome == "answered":
                    log.info("site request origin=%s method=%s outcome=answered", origin, name)
                else:
                    self._refusals.note(origin, name, outcome)
            return answer

        return serve

    async def _admitted(
        self, handler: Callable[[Call, P], Coroutine[Any, Any, object]], call: Call, params: P
    ) -> object:
        await self._consent.admit(params.origin)
        return await handler(call, params)

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
        return BrowserCertificates(
            certificates=tuple(
                certificate
                for token in tokens
                for certificate in browser_certificates(token, now, language, services.known())
                if params.use in (None, certificate.use)
                and (params.min_days is None or certificate.days_left >= params.min_days)
            )
        )

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
        return browser_renewal(renewal)

    async def renewal(self, _call: Call, params: RenewalParams) -> BrowserRenewal:
        """Where a renewal stands that this site has started or joined."""
        self._consent.check_follows(params.origin, params.id)
        return browser_renewal(self._services.renewals.get(params.id))

    async def cancel(self, call: Call, params: CancelParams) -> dict[str, str]:
        """Take back what a page of the same site asked that has gone; a renewal it started goes on."""
        asked = (call.connection, params.request)
        self._waiting.withdraw(asked, params.origin)
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
