"""What the API's methods work with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import msgspec

from agent.api.known import Known
from agent.api.registry import Call, Connection
from agent.certificates.chain import TrustStore
from agent.checks.service import CheckService
from agent.ground.bus import EventBus
from agent.ground.clock import Clock
from agent.ground.language import Language
from agent.portal_signing.service import PortalSigning
from agent.remembered.service import Remembered
from agent.reminders.service import ReminderService
from agent.renewals.drafts.service import DossierService
from agent.renewals.licences.service import LicenceService
from agent.renewals.service import RenewalService
from agent.settings.config import PortalSettings
from agent.settings.service import Settings
from agent.signing.service import SigningService
from agent.sites.consent import Consent
from agent.system.damage import Damages
from agent.tokens.discovery import Discovery
from agent.tokens.inventory import Inventory
from agent.tokens.pin_change import PinChange
from agent.tokens.pin_sessions import PinSessions
from agent.tokens.watching import Watch
from agent.updates.service import UpdateService


async def _nobody() -> None:
    """Chains are not looked at."""


class Windows(Protocol):
    """Opens windows for the user."""

    def open_window(self, name: str, subject: str | None = None) -> None:
        """Open a window, or raise an OdcError that says what to do instead."""

    def prepare(self, *, at_once: bool = False) -> None:
        """Make the next window open sooner: somebody is likely to want one, ``at_once`` within a second."""

    def came_forward(self, connection: Connection) -> None:
        """Take a window's word that it came forward when it was asked to."""

    def in_front(self, connection: Connection, subject: str) -> None:
        """Take a window's word that it is in front with this subject; with an empty one it is not."""

    def placed(self, connection: Connection, place: tuple[int, int, int, int]) -> None:
        """Take a window's word where it is on the screen: left, top, width and height."""

    def is_in_front(self, name: str, subject: str) -> bool:
        """Return whether a person looks at this window, and at this subject in it."""


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """The agent's parts, as methods see them."""

    inventory: Inventory
    remembered: Remembered
    watch: Watch
    reminders: ReminderService
    pins: PinSessions
    pin_change: PinChange
    renewals: RenewalService
    licences: LicenceService
    signing: SigningService
    dossiers: DossierService
    checks: CheckService
    settings: Settings
    bus: EventBus
    clock: Clock
    language: Callable[[], Language]
    windows: Windows
    consent: Consent
    portal_signing: PortalSigning
    updates: UpdateService
    home: Path
    started: dt.datetime
    quit: Callable[[], None]
    restart: Callable[[], None]
    portals: Callable[[], tuple[PortalSettings, ...]] = tuple
    known: Callable[[], Known] = Known
    trust: Callable[[], Awaitable[TrustStore | None]] = _nobody
    discovery: Callable[[], Discovery] = Discovery
    damages: Damages = msgspec.field(default_factory=Damages)

    def language_of(self, call: Call) -> Language:
        """Return the language of who asks: a terminal may have another than the desktop."""
        return call.connection.language or self.language()
