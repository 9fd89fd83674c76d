"""Methods of the extension's own pages, its popup and options: no site can call them.

They come by the browser's socket too; that no page does is seen to by the extension, which alone
talks to the host. Nothing here goes beyond what anybody at this computer can see and do.
"""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec

from agent.api.methods.browser_serving import Origin
from agent.api.methods.renewals import Thumbprint
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.browser import ExtensionOverview, extension_overview
from agent.api.views.sites import SiteList, site_list


class OpenWindowParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.open_window``."""

    name: Literal["main", "renew"]
    thumbprint: Thumbprint | None = None


class WithdrawParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``browser.withdraw``."""

    origin: Origin


class ExtensionMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("browser.overview", NoParams, self.overview, Role.BROWSER)
        registry.add("browser.open_window", OpenWindowParams, self.open_window, Role.BROWSER)
        registry.add("browser.sites", NoParams, self.sites, Role.BROWSER)
        registry.add("browser.withdraw", WithdrawParams, self.withdraw, Role.BROWSER)

    async def overview(self, call: Call, _params: NoParams) -> ExtensionOverview:
        """What is plugged in, for the popup."""
        services = self._services
        snapshot = await services.inventory.current()
        now, language = services.clock(), services.language_of(call)
        return await asyncio.to_thread(
            extension_overview, snapshot, now, language, services.known()
        )

    async def open_window(self, _call: Call, params: OpenWindowParams) -> dict[str, str]:
        """Open a window; the person has just clicked."""
        self._services.windows.open_window(params.name, params.thumbprint)
        return {}

    async def sites(self, _call: Call, _params: NoParams) -> SiteList:
        """What was decided."""
        return site_list(self._services.consent)

    async def withdraw(self, _call: Call, params: WithdrawParams) -> SiteList:
        """Take back all that a site was allowed. There is no way to allow one from here."""
        self._services.consent.withdraw(params.origin)
        return site_list(self._services.consent)
