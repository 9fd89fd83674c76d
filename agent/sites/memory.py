"""What the user decided on sites, on disk."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from agent.ground.language import mark
from agent.sites.model import Action, Decision, Kept, Site
from agent.sites.origins import host_of
from agent.system.damage import DamagedError, Damages
from agent.system.files import NotSavedError
from agent.system.kept_file import KeptFile

log = logging.getLogger(__name__)

MOST_RENEWALS = 20
"""Renewals kept for a site: the newest."""


class SitesDamagedError(DamagedError):
    """The file of what was decided on web sites is laid aside."""

    code = "sites_damaged"
    what = mark("The list of what web sites may do")
    advice = mark("You are asked again, whatever was allowed or forbidden for good.")


class SiteMemory:
    """Remembers by origin. A damaged file allows nothing: everybody is asked about again.

    What is allowed holds for the origin alone; "never" holds for its host, on whatever port, as an
    administrator's ban does. The last decision on a host counts: "never" takes back what other ports
    were allowed, and what is allowed takes back a "never".
    """

    def __init__(self, file: Path, damages: Damages | None = None) -> None:
        self._file = KeptFile(file, dict[str, Site], SitesDamagedError, damages)
        self._sites = self._file.read() or {}

    @property
    def sites(self) -> Mapping[str, Site]:
        """All sites something is kept of."""
        return MappingProxyType(self._sites)

    def decision(self, origin: str, action: Action) -> Decision | None:
        """Return what was decided for good."""
        host = host_of(origin)
        of_host = (site for name, site in self._sites.items() if host_of(name) == host)
        if any(_decided(site, action) is Decision.NEVER for site in of_host):
            return Decision.NEVER
        return _decided(self._sites.get(origin, Site()), action)

    def keep(self, origin: str, action: Action, decision: Decision, now: dt.datetime) -> None:
        """Keep a decision; NotSavedError."""
        contrary = Decision.ALWAYS if decision is Decision.NEVER else Decision.NEVER
        sites = _without(self._sites, origin, action, contrary)
        site = sites.get(origin, Site())
        decisions = {**site.decisions, action: Kept(decision, now)}
        self._save({**sites, origin: msgspec.structs.replace(site, decisions=decisions)})

    def may_follow(self, origin: str, renewal_id: str) -> bool:
        """Return whether the site was allowed this very renewal."""
        return renewal_id in self._sites.get(origin, Site()).renewals

    def let_follow(self, origin: str, renewal_id: str) -> None:
        """Keep that the site was allowed this renewal; it may ask for its state from now on."""
        if self.may_follow(origin, renewal_id):
            return
        site = self._sites.get(origin, Site())
        renewals = (*site.renewals, renewal_id)[-MOST_RENEWALS:]
        sites = {**self._sites, origin: msgspec.structs.replace(site, renewals=renewals)}
        try:
            self._save(sites)
        except NotSavedError as error:
            # The renewal is under way all the same; the site cannot ask for it after a restart.
            log.warning("site's renewal not remembered reason=%s", error)
            self._sites = sites

    def forget(self, origin: str) -> bool:
        """Forget all that holds for a site and say whether there was anything; NotSavedError."""
        sites = {name: site for name, site in self._sites.items() if name != origin}
        for action in Action:
            sites = _without(sites, origin, action, Decision.NEVER)
        if sites == self._sites:
            return False
        self._save(sites)
        return True

    def _save(self, sites: dict[str, Site]) -> None:
        try:
            self._file.write(sites)
        except OSError as error:
            raise NotSavedError(reason=error.strerror or str(error)) from error
        self._sites = sites


def _without(
    sites: dict[str, Site], origin: str, action: Action, decision: Decision
) -> dict[str, Site]:
    """Return the sites without this decision on any port of the origin's host."""
    host, changed = host_of(origin), dict(sites)
    for name, site in sites.items():
        if host_of(name) == host and _decided(site, action) is decision:
            others = {a: kept for a, kept in site.decisions.items() if a is not action}
            changed[name] = msgspec.structs.replace(site, decisions=others)
    return changed


def _decided(site: Site, action: Action) -> Decision | None:
    kept = site.decisions.get(action)
    return kept.decision if kept else None
