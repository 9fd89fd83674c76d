"""Methods of web pages, by way of extension and native host: what a portal may ask, after consent."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Annotated

import msgspec

from agent import __version__
from agent.api.consent import check_origin
from agent.api.convert import browser_certificates, browser_renewal
from agent.api.methods.renewals import Id, Thumbprint
from agent.api.registry import Call, Connection, Registry, Role
from agent.api.rpc import InvalidRequestError
from agent.api.services import Services
from agent.api.views import BrowserCertificates, BrowserRenewal
from agent.bus import Event
from agent.certificates.model import CertificateUse
from agent.errors import OdcError
from agent.language import mark
from agent.renewals.record import Renewal, RenewalChanged

log = logging.getLogger(__name__)

WINDOW_INTERVAL = dt.timedelta(minutes=1)
MAX_WATCHED = 64
"""Renewals one browser may watch at once, over all its tabs."""

Origin = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class NoTokenError(OdcError):
    """No token is plugged in; said to a page only after consent."""

    code = "no_token"
    sentence = mark("No token is plugged in.")
    advice = mark("Plug the token in and try again.")


class OriginParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.status``."""

    origin: Origin
    """The page's origin as the browser gave it to the extension."""


class CertificatesParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.certificates``."""

    origin: Origin
    use: CertificateUse | None = None


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
        self._opened: dict[str, dt.datetime] = {}
        self._told: dict[tuple[Connection, int | str], Callable[[], None]] = {}

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("browser.status", OriginParams, self.status, Role.BROWSER)
        registry.add("browser.certificates", CertificatesParams, self.certificates, Role.BROWSER)
        registry.add("browser.renew", RenewParams, self.renew, Role.BROWSER)
        registry.add("browser.renewal", RenewalParams, self.renewal, Role.BROWSER)
        registry.add("browser.cancel", CancelParams, self.cancel, Role.BROWSER)

    async def status(self, _call: Call, _params: OriginParams) -> dict[str, str]:
        """That the agent is there: all a page may know without consent."""
        return {"agent": __version__}

    async def certificates(self, call: Call, params: CertificatesParams) -> BrowserCertificates:
        """The organisations' certificates that are plugged in."""
        self._check_consent(params.origin, "certificates")
        services = self._services
        tokens = (await services.inventory.current()).tokens
        if not tokens:
            raise NoTokenError
        now, language = services.clock(), services.language_of(call)
        return BrowserCertificates(
            certificates=tuple(
                certificate
                for token in tokens
                for certificate in browser_certificates(token, now, language, services.known)
                if params.use in (None, certificate.use)
            )
        )

    async def renew(self, call: Call, params: RenewParams) -> BrowserRenewal:
        """Start a renewal or join it, open its window, and tell the page each state from now on."""
        self._check_consent(params.origin, "renew")
        services = self._services
        renewal = await services.renewals.start(params.thumbprint)
        self._tell_changes(call, params.origin, renewal)
        self._open_window(renewal)
        return browser_renewal(renewal)

    async def renewal(self, _call: Call, params: RenewalParams) -> BrowserRenewal:
        """Where a renewal stands now."""
        self._check_consent(params.origin, "renewal")
        return browser_renewal(self._services.renewals.get(params.id))

    def _check_consent(self, origin: str, action: str) -> None:
        try:
            check_origin(origin, self._services.allowed_origins)
        except OdcError as error:
            log.warning("page refused origin=%s action=%s code=%s", origin, action, error.code)
            raise
        log.info("page asks origin=%s action=%s", origin, action)

    def _open_window(self, renewal: Renewal) -> None:
        """Open the renewal's window, not more often than a person could close it."""
        now = self._services.clock()
        last = self._opened.get(renewal.id)
        if last is not None and now - last < WINDOW_INTERVAL:
            return
        self._opened[renewal.id] = now
        try:
            self._services.windows.open_window("renew", renewal.thumbprint)
        except OdcError as error:
            # The renewal is there all the same, and the tray and the command line know of it.
            log.warning("no window for a renewal from a page code=%s", error.code)

    async def cancel(self, call: Call, params: CancelParams) -> dict[str, str]:
        """Stop telling a page that has gone; the renewal itself goes on."""
        self._forget((call.connection, params.request))
        return {}

    def _tell_changes(self, call: Call, origin: str, renewal: Renewal) -> None:
        if renewal.has_ended:
            return
        told = (call.connection, call.request)
        self._forget(told)  # a client that uses an id again has no use for the first one's answers
        if sum(connection is call.connection for connection, _ in self._told) >= MAX_WATCHED:
            raise InvalidRequestError("too many renewals watched")

        def tell(event: Event) -> None:
            if isinstance(event, RenewalChanged) and event.renewal.id == renewal.id:
                view = msgspec.to_builtins(browser_renewal(event.renewal))
                call.connection.notify("browser.renewal_changed", {"origin": origin, **view})
                if event.renewal.has_ended:
                    self._forget(told)

        self._told[told] = self._services.bus.subscribe(tell)
        call.connection.on_close(lambda: self._forget(told))

    def _forget(self, told: tuple[Connection, int | str]) -> None:
        unsubscribe = self._told.pop(told, None)
        if unsubscribe is not None:
            unsubscribe()
