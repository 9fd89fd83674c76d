"""What people meet of the agent: windows, tray and notices, questions of sites, the environment check."""

from __future__ import annotations

import socket

import msgspec

from agent.api.registry import Connection, Role
from agent.api.server import Server
from agent.building.regular import Regular
from agent.building.renewals import Renewals
from agent.building.serving import Serving
from agent.building.shared import Shared
from agent.building.tokens import Tokens
from agent.checks.run import Parts
from agent.checks.service import CheckService
from agent.desktop.presence import Presence
from agent.desktop.windows import DesktopWindows
from agent.portal_signing.service import PortalSigning
from agent.sites.consent import Consent
from agent.sites.memory import SiteMemory


class Faces(msgspec.Struct, frozen=True, kw_only=True):
    """Where the agent shows itself, and what it asks and answers there."""

    windows: DesktopWindows
    presence: Presence
    consent: Consent
    portal_signing: PortalSigning
    checks: CheckService


def build_faces(
    *,
    shared: Shared,
    serving: Serving,
    tokens: Tokens,
    regular: Regular,
    renewals: Renewals,
    has_tray: bool,
) -> Faces:
    """Build them; ``has_tray``: the icon is to be shown later, where there is a display."""
    windows = _windows(shared, serving.server)
    presence = Presence(
        bus=shared.bus,
        config=shared.config,
        language=shared.language,
        clock=shared.clock,
        windows=windows,
        put_off=regular.reminders.put_off,
        resume=regular.reminders.resume,
        no_tray_told=shared.paths.no_tray_told,
        damages=shared.damages,
        renewals=renewals.renewals.all(),
    )
    consent = _consent(shared, windows)
    return Faces(
        windows=windows,
        presence=presence,
        consent=consent,
        portal_signing=PortalSigning(
            consent=consent, inventory=tokens.inventory, pins=tokens.pins, clock=shared.clock
        ),
        checks=_checks(shared, serving, tokens, presence, has_tray=has_tray),
    )


def _windows(shared: Shared, server: Server) -> DesktopWindows:
    async def adopt(inherited: socket.socket) -> Connection:
        return await server.adopt(inherited, Role.CONTROL)

    return DesktopWindows(adopt, language=shared.language)


def _consent(shared: Shared, windows: DesktopWindows) -> Consent:
    return Consent(
        rules=lambda: shared.config().browser,
        memory=SiteMemory(shared.paths.sites, shared.damages),
        bus=shared.bus,
        clock=shared.clock,
        open_window=windows.open_window,
    )


def _checks(
    shared: Shared, serving: Serving, tokens: Tokens, presence: Presence, *, has_tray: bool
) -> CheckService:
    return CheckService(
        Parts(
            inventory=tokens.inventory,
            discovery=lambda: tokens.drivers.discovery,
            with_known_pins=tokens.pins.shown,
            config=shared.config,
            config_problems=lambda: shared.settings.problems,
            data_problems=lambda: shared.damages.problems,
            trust=serving.trust.store,
            paths=shared.paths,
            clock=shared.clock,
            seen=serving.browser_seen,
            notices_failure=lambda: presence.notices_failure,
            is_tray_shown=lambda: presence.is_tray_shown,
            has_tray=has_tray,
        )
    )
