"""The agent put together: what depends on what is decided here and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import socket
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

from agent.api.known import Known
from agent.api.methods.browser import BrowserMethods
from agent.api.methods.certificates import CertificateMethods
from agent.api.methods.checks import CheckMethods
from agent.api.methods.control import ControlMethods
from agent.api.methods.dossiers import DossierMethods
from agent.api.methods.extension import ExtensionMethods
from agent.api.methods.licences import LicenceMethods
from agent.api.methods.modules import ModuleMethods
from agent.api.methods.pins import PinMethods
from agent.api.methods.reminders import ReminderMethods
from agent.api.methods.renewals import RenewalMethods
from agent.api.methods.settings import SettingMethods
from agent.api.methods.sites import SiteMethods
from agent.api.methods.updates import UpdateMethods
from agent.api.registry import Connection, Registry, Role
from agent.api.server import Server
from agent.api.services import Services
from agent.certificates.chain import TrustStore
from agent.certificates.organisation import IDENTITY_OIDS, IdentityOid
from agent.checks.browser_seen import BrowserSeen
from agent.checks.run import Parts
from agent.checks.service import CheckService
from agent.desktop.presence import Presence
from agent.desktop.windows import DesktopWindows
from agent.ground.bus import EventBus
from agent.ground.clock import Clock, utc_now
from agent.ground.language import Language, user_language
from agent.reminders.memory import ReminderMemory
from agent.reminders.service import ReminderRules, ReminderService
from agent.renewals.authorities.choosing import Authorities
from agent.renewals.drafts.service import DossierService
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.vault import Vault, VaultError, open_vault
from agent.renewals.licences.service import LicenceService
from agent.renewals.licences.store import LicenceStore
from agent.renewals.service import RenewalService
from agent.settings.config import Config
from agent.settings.quiet import quiet_hours
from agent.settings.service import Settings
from agent.settings.trust import trusted_certificates
from agent.sites.consent import Consent
from agent.sites.memory import SiteMemory
from agent.system.paths import Paths
from agent.system.service_manager import ServiceManager
from agent.system.signals import on_signals
from agent.tokens.discovery import Discovery, find_modules, this_system
from agent.tokens.events import system_events
from agent.tokens.inventory import Inventory
from agent.tokens.pin_change import PinChange
from agent.tokens.pin_memory import PinMemory
from agent.tokens.pin_sessions import PinSessions
from agent.tokens.snapshot import Problem, Reading
from agent.tokens.watching import Watch
from agent.updates.service import UpdateService
from native_host.mending import mend_registration

log = logging.getLogger(__name__)

_METHODS = (
    ControlMethods,
    CertificateMethods,
    ModuleMethods,
    PinMethods,
    RenewalMethods,
    LicenceMethods,
    DossierMethods,
    CheckMethods,
    ReminderMethods,
    SettingMethods,
    SiteMethods,
    UpdateMethods,
    BrowserMethods,
    ExtensionMethods,
)


class Agent:
    """All parts of a running agent, from its start to its end."""

    def __init__(
        self, settings: Settings, paths: Paths, *, has_tray: bool, clock: Clock = utc_now
    ) -> None:
        self._settings = settings
        self._paths = paths
        self._has_tray = has_tray
        self._clock = clock
        self._bus = EventBus()
        self._stop = asyncio.Event()
        self._presence: Presence | None = None
        self._opened: DesktopWindows | None = None
        self._browser_seen = BrowserSeen(paths.browser_seen, clock)
        self._updates = UpdateService(
            settings=settings.config.updates,
            network=settings.config.network,
            folder=paths.updates,
            bus=self._bus,
            clock=clock,
        )
        self.is_to_start_anew = False
        """Asked to end and to be started again: by the package (SIGHUP), or for settings to take effect."""

    @property
    def _config(self) -> Config:
        """What is set now; most parts are made of what was set at the start."""
        return self._settings.config

    async def run(self) -> None:
        """Run until asked to end."""
        # First of all: one that is asked while it starts, ends or starts anew like any other.
        on_signals(end=self._stop.set, start_anew=self._start_anew)
        self._settings.tell(self._bus)
        await asyncio.to_thread(self._settings.see_to_autostart)
        discovery = self._find_modules()
        inventory = _inventory(discovery, self._bus)
        async with contextlib.AsyncExitStack() as parts:
            parts.push_async_callback(inventory.close)
            reminders = self._reminders(inventory)
            parts.callback(reminders.close)
            pins = PinSessions(inventory, PinMemory(self._paths.pin_states), self._bus)
            # The key is read from, or written to, a disk that may be slow.
            vault = await asyncio.to_thread(_open_vault, self._paths.vault_key)
            journal = Journal(self._paths.journal, vault)
            authorities = Authorities(self._config.authorities, self._config.network)
            renewals = self._renewals(inventory, pins, vault, journal, authorities)
            parts.push_async_callback(renewals.close)
            licences = self._licences(inventory, pins, vault, journal, authorities)
            parts.push_async_callback(licences.close)
            parts.push_async_callback(pins.close)
            watch = Watch(inventory, system_events(), poll_seconds=self._config.poll_seconds)
            known = await asyncio.to_thread(_known, self._config)
            registry = Registry()
            server = Server(registry, greeted=self._greeted)
            parts.push_async_callback(server.close)
            self._opened = windows = self._windows(server)
            parts.push_async_callback(windows.close)
            self._register(
                registry,
                windows=windows,
                inventory=inventory,
                watch=watch,
                discovery=discovery,
                reminders=reminders,
                pins=pins,
                renewals=renewals,
                licences=licences,
                dossiers=self._dossiers(renewals, vault),
                known=known,
            )
            self._presence = presence = self._show_presence(windows, reminders, renewals)
            parts.push_async_callback(presence.close)
            await server.start()
            if self._config.browser.register:
                await parts.enter_async_context(_background(self._register_with_browsers()))
            reminders.start()
            renewals.resume()
            if self._has_tray:
                presence.show_tray(lambda inherited: server.adopt(inherited, Role.TRAY))
            await parts.enter_async_context(_background(watch.run()))
            await parts.enter_async_context(_background(self._updates.run()))
            await parts.enter_async_context(ServiceManager().told())
            log.info("agent runs home=%s", self._paths.data)
            windows.take_over()
            await self._stop.wait()
        log.info("agent ended")

    async def _register_with_browsers(self) -> None:
        # Homes may lie on a share that hangs.
        await asyncio.to_thread(mend_registration, self._paths)

    def _start_anew(self) -> None:
        self.is_to_start_anew = True
        if self._opened is not None:
            self._opened.hand_over()
        self._stop.set()

    def _find_modules(self) -> Discovery:
        around = this_system(self._paths.module_tables) if self._config.looks_around else None
        return find_modules(self._config.modules or (), around)

    def _language(self) -> Language:
        return self._config.language or user_language()

    def _reminders(self, inventory: Inventory) -> ReminderService:
        return ReminderService(
            inventory=inventory,
            memory=ReminderMemory(self._paths.reminders),
            bus=self._bus,
            clock=self._clock,
            language=self._language,
            rules=self._reminder_rules,
        )

    def _reminder_rules(self) -> ReminderRules:
        settings = self._config.reminders
        return ReminderRules(
            thresholds=settings.thresholds, quiet_hours=quiet_hours(settings.quiet_hours)
        )

    def _show_presence(
        self, windows: DesktopWindows, reminders: ReminderService, renewals: RenewalService
    ) -> Presence:
        return Presence(
            bus=self._bus,
            config=lambda: self._config,
            language=self._language,
            clock=self._clock,
            windows=windows,
            put_off=reminders.put_off,
            no_tray_told=self._paths.no_tray_told,
            renewals=renewals.all(),
        )

    def _renewals(
        self,
        inventory: Inventory,
        pins: PinSessions,
        vault: Vault,
        journal: Journal,
        authorities: Authorities,
    ) -> RenewalService:
        return RenewalService(
            journal=journal,
            scans=ScanStore(self._paths.dossiers, vault),
            inventory=inventory,
            pins=pins,
            authorities=authorities,
            bus=self._bus,
            clock=self._clock,
            abandoned_after=dt.timedelta(days=self._config.renewals.abandoned_after_days),
        )

    def _licences(
        self,
        inventory: Inventory,
        pins: PinSessions,
        vault: Vault,
        journal: Journal,
        authorities: Authorities,
    ) -> LicenceService:
        return LicenceService(
            store=LicenceStore(self._paths.licences, vault),
            journal=journal,
            inventory=inventory,
            pins=pins,
            authorities=authorities,
            bus=self._bus,
            clock=self._clock,
            identity_oids=_identity_oids(self._config),
        )

    def _dossiers(self, renewals: RenewalService, vault: Vault) -> DossierService:
        return DossierService(
            renewals=renewals,
            folder=self._paths.dossiers,
            profile=self._paths.applicant_profile,
            vault=vault,
        )

    def _register(
        self,
        registry: Registry,
        *,
        windows: DesktopWindows,
        inventory: Inventory,
        watch: Watch,
        discovery: Discovery,
        reminders: ReminderService,
        pins: PinSessions,
        renewals: RenewalService,
        licences: LicenceService,
        dossiers: DossierService,
        known: Known,
    ) -> None:
        services = Services(
            inventory=inventory,
            watch=watch,
            reminders=reminders,
            pins=pins,
            pin_change=PinChange(pins, self._bus),
            renewals=renewals,
            licences=licences,
            settings=self._settings,
            dossiers=dossiers,
            updates=self._updates,
            checks=self._checks(inventory, discovery, pins, known),
            bus=self._bus,
            clock=self._clock,
            language=self._language,
            windows=windows,
            consent=Consent(
                allow=self._config.browser.allow,
                deny=self._config.browser.deny,
                memory=SiteMemory(self._paths.sites),
                bus=self._bus,
                clock=self._clock,
                open_window=windows.open_window,
            ),
            home=self._paths.data,
            started=self._clock(),
            quit=self._stop.set,
            restart=self._start_anew,
            known=known,
            portals=self._config.portals,
            discovery=discovery,
        )
        for methods in _METHODS:
            methods(services).register(registry)

    def _windows(self, server: Server) -> DesktopWindows:
        async def adopt(inherited: socket.socket) -> Connection:
            return await server.adopt(inherited, Role.CONTROL)

        return DesktopWindows(adopt, language=self._language)

    def _greeted(self, role: Role) -> None:
        if role is Role.BROWSER:
            self._browser_seen.note()

    def _checks(
        self, inventory: Inventory, discovery: Discovery, pins: PinSessions, known: Known
    ) -> CheckService:
        return CheckService(
            Parts(
                inventory=inventory,
                discovery=discovery,
                with_known_pins=pins.shown,
                config=lambda: self._config,
                config_problems=lambda: self._settings.problems,
                trust=known.trust,
                paths=self._paths,
                clock=self._clock,
                seen=self._browser_seen,
                is_tray_shown=lambda: self._presence is not None and self._presence.is_tray_shown,
                has_tray=self._has_tray,
            )
        )


def _identity_oids(config: Config) -> tuple[IdentityOid, ...]:
    return (*config.identity_oids, *IDENTITY_OIDS)


def _known(config: Config) -> Known:
    return Known(
        identity_oids=_identity_oids(config),
        trust=TrustStore(trusted_certificates(config)),
    )


def _inventory(discovery: Discovery, bus: EventBus) -> Inventory:
    unwanted = frozenset(m.settings.path for m in discovery.modules if not m.is_wanted)
    found = tuple(Problem(module="", report=report) for report in discovery.problems)
    return Inventory(discovery.settings, bus, unwanted=unwanted, found=Reading(problems=found))


def _open_vault(key_file: Path) -> Vault:
    """Return the vault; a damaged key is laid aside, since reminders must not depend on it."""
    try:
        return open_vault(key_file)
    except VaultError:
        log.exception("vault key damaged, laid aside; renewals under way cannot be read")
        key_file.replace(key_file.with_suffix(".damaged"))
        return open_vault(key_file)


@contextlib.asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a coroutine while the block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
