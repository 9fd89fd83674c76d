"""What the user decided on sites, on disk."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from agent.sites.model import Action, Decision, Kept, Site
from agent.system.files import NotSavedError, write_private

log = logging.getLogger(__name__)

MOST_RENEWALS = 20
"""Renewals kept for a site: the newest."""


class SiteMemory:
    """Remembers by origin. A damaged file allows nothing: everybody is asked about again."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._sites = self._load()

    @property
    def sites(self) -> Mapping[str, Site]:
        """All sites something is kept of."""
        return MappingProxyType(self._sites)

    def decision(self, origin: str, action: Action) -> Decision | None:
        """Return what was decided for good."""
        kept = self._sites.get(origin, Site()).decisions.get(action)
        return kept.decision if kept else None

    def keep(self, origin: str, action: Action, decision: Decision, now: dt.datetime) -> None:
        """Keep a decision; NotSavedError."""
        site = self._sites.get(origin, Site())
        decisions = {**site.decisions, action: Kept(decision, now)}
        self._save({**self._sites, origin: msgspec.structs.replace(site, decisions=decisions)})

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
        """Forget all that is kept of a site and say whether there was anything; NotSavedError."""
        if origin not in self._sites:
            return False
        self._save({name: site for name, site in self._sites.items() if name != origin})
        return True

    def _save(self, sites: dict[str, Site]) -> None:
        try:
            write_private(self._file, msgspec.json.encode(sites))
        except OSError as error:
            raise NotSavedError(reason=error.strerror or str(error)) from error
        self._sites = sites

    def _load(self) -> dict[str, Site]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, Site])
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
            log.warning("decisions on sites unreadable reason=%s", error)
            return {}
