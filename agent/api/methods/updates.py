"""Methods about new versions of the agent (软件升级); for the user's own tools only."""

from __future__ import annotations

import datetime as dt
import os

import msgspec

from agent import __version__
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.ground.reports import ErrorReport
from agent.updates.model import Release


class UpdateView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``updates.check`` and ``updates.status``."""

    current: str
    """The version that runs."""
    is_on: bool
    """Whether the agent looks for updates here."""
    version: str | None
    """A newer one; None where there is none."""
    notes: str = ""
    """What is new, in the user's language."""
    page: str = ""
    """The download page."""
    can_download: bool = False
    """Whether there is a package for this system."""
    checked: dt.datetime | None = None
    refusal: ErrorReport | None = None
    """Why the last look of the agent's own took nothing."""


class DownloadView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``updates.download``."""

    file: str
    """The package, verified."""


class UpdateMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        own = (Role.CONTROL, Role.TRAY)
        registry.add("updates.status", NoParams, self.status, *own)
        registry.add("updates.check", NoParams, self.check, *own)
        registry.add("updates.download", NoParams, self.download, Role.CONTROL)
        registry.add("updates.cancel", NoParams, self.cancel, Role.CONTROL)

    async def status(self, call: Call, _params: NoParams) -> UpdateView:
        """What was found last; asks nobody."""
        return self._view(call)

    async def check(self, call: Call, _params: NoParams) -> UpdateView:
        """Look for a newer version now."""
        await self._services.updates.check()
        return self._view(call)

    async def download(self, _call: Call, _params: NoParams) -> DownloadView:
        """Fetch the newer version's package; progress comes as events ``update_progress``."""
        return DownloadView(file=os.fspath(await self._services.updates.download()))

    async def cancel(self, _call: Call, _params: NoParams) -> None:
        """End the download that is under way, if there is one; going away ends one's own, too."""
        self._services.updates.cancel()

    def _view(self, call: Call) -> UpdateView:
        updates = self._services.updates
        found, language = updates.state, self._services.language_of(call)
        release = found.release or Release(version="")
        return UpdateView(
            current=__version__,
            is_on=updates.is_on,
            version=release.version or None,
            notes=release.notes.get(language.value) or release.notes.get("en", ""),
            page=release.page,
            can_download=bool(release.package),
            checked=found.checked,
            refusal=found.refusal,
        )
