"""What the local API answers, made of all other parts."""

from __future__ import annotations

from collections.abc import Callable

from agent.api.methods.browser import BrowserMethods
from agent.api.methods.certificates import CertificateMethods
from agent.api.methods.checks import CheckMethods
from agent.api.methods.control import ControlMethods
from agent.api.methods.dossiers import DossierMethods
from agent.api.methods.extension import ExtensionMethods
from agent.api.methods.licences import LicenceMethods
from agent.api.methods.looking import LookingMethods
from agent.api.methods.modules import ModuleMethods
from agent.api.methods.pins import PinMethods
from agent.api.methods.remembered import RememberedMethods
from agent.api.methods.reminders import ReminderMethods
from agent.api.methods.renewals import RenewalMethods
from agent.api.methods.settings import SettingMethods
from agent.api.methods.signing import SigningMethods
from agent.api.methods.sites import SiteMethods
from agent.api.methods.updates import UpdateMethods
from agent.api.services import Services
from agent.building.faces import Faces
from agent.building.regular import Regular
from agent.building.renewals import Renewals
from agent.building.serving import Serving
from agent.building.shared import Shared
from agent.building.tokens import Tokens
from agent.signing.service import SigningService
from agent.tokens.pin_change import PinChange

_METHODS = (
    ControlMethods,
    CertificateMethods,
    ModuleMethods,
    PinMethods,
    RenewalMethods,
    LicenceMethods,
    SigningMethods,
    DossierMethods,
    CheckMethods,
    ReminderMethods,
    RememberedMethods,
    SettingMethods,
    SiteMethods,
    LookingMethods,
    UpdateMethods,
    BrowserMethods,
    ExtensionMethods,
)


def add_methods(
    *,
    shared: Shared,
    serving: Serving,
    tokens: Tokens,
    regular: Regular,
    renewals: Renewals,
    faces: Faces,
    quit_agent: Callable[[], None],
    restart: Callable[[], None],
) -> None:
    """Have the server answer to all methods; it listens to nobody yet."""
    services = Services(
        inventory=tokens.inventory,
        remembered=tokens.remembered,
        watch=tokens.watch,
        discovery=lambda: tokens.drivers.discovery,
        pins=tokens.pins,
        pin_change=PinChange(tokens.pins, shared.bus),
        reminders=regular.reminders,
        updates=regular.updates,
        renewals=renewals.renewals,
        licences=renewals.licences,
        signing=SigningService(
            inventory=tokens.inventory,
            pins=tokens.pins,
            bus=shared.bus,
            clock=shared.clock,
            trust=serving.trust.store,
            config=shared.config,
        ),
        dossiers=renewals.dossiers,
        windows=faces.windows,
        consent=faces.consent,
        portal_signing=faces.portal_signing,
        checks=faces.checks,
        settings=shared.settings,
        damages=shared.damages,
        bus=shared.bus,
        clock=shared.clock,
        language=shared.language,
        home=shared.paths.data,
        started=shared.clock(),
        quit=quit_agent,
        restart=restart,
        known=serving.known,
        trust=serving.trust.store,
        portals=lambda: shared.config().portals,
    )
    for methods in _METHODS:
        methods(services).register(serving.registry)
