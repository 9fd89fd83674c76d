"""The agent's API as the agent puts it together, and a client that says whatever a test wants."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from pathlib import Path
from typing import Any, Self

import msgspec
from certificate_maker import china

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
from agent.api.methods.signing import SigningMethods
from agent.api.methods.sites import SiteMethods
from agent.api.methods.updates import UpdateMethods
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.server import Server
from agent.api.services import Services
from agent.certificates.identity_oids import IDENTITY_OIDS
from agent.checks.browser_seen import BrowserSeen
from agent.checks.run import Parts
from agent.checks.service import CheckService
from agent.desktop.windows import DesktopWindows
from agent.ground.bus import EventBus
from agent.ground.framing import MAX_REPLY, FrameDecoder, encode_frame
from agent.ground.language import Language
from agent.portal_signing.service import PortalSigning
from agent.remembered.service import Remembered
from agent.remembered.store import TokenStore
from agent.reminders.memory import ReminderMemory
from agent.reminders.service import ReminderRules, ReminderService
from agent.renewals.authorities.choosing import Authorities
from agent.renewals.drafts.service import DossierService
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.vault import open_vault
from agent.renewals.licences.service import LicenceService
from agent.renewals.licences.store import LicenceStore
from agent.renewals.service import RenewalService
from agent.settings.config import BrowserSettings, Config, UpdateSettings
from agent.settings.service import Settings
from agent.signing.service import SigningService
from agent.sites.consent import Consent
from agent.sites.memory import SiteMemory
from agent.system.damage import Damages
from agent.system.paths import find_paths
from agent.system.runtime import BROWSER_SOCKET, CONTROL_SOCKET, runtime_folder
from agent.tokens.discovery import Discovery
from agent.tokens.inventory import Inventory
from agent.tokens.model import ModuleSettings
from agent.tokens.pin_change import PinChange
from agent.tokens.pin_memory import PinMemory
from agent.tokens.pin_sessions import PinSessions
from agent.tokens.watching import Watch
from agent.updates.service import UpdateService

NOW = china("2025-03-07 10:00:00")
ALLOWED = "https://www.sz.gov.cn"
HELLO = {"protocol": 1, "client": "test 1"}


class Peer:
    """A client that frames what it is told to and shows what comes back."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._decoder = FrameDecoder(limit=MAX_REPLY)
        self._received: list[dict] = []
        self._ids = itertools.count(1)

    def send_bytes(self, data: bytes) -> None:
        self._writer.write(data)

    def send(
        self, method: str, params: Any = None, *, number: int | str | None = None
    ) -> int | str:
        number = next(self._ids) if number is None else number
        message = {"jsonrpc": "2.0", "id": number, "method": method}
        if params is not None:
            message["params"] = params
        self.send_bytes(encode_frame(json.dumps(message).encode()))
        return number

    async def receive(self) -> dict | None:
        """Return the next message, None when the agent has closed the connection."""
        while not self._received:
            try:
                data = await self._reader.read(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            self._received += [json.loads(payload) for payload in self._decoder.feed(data)]
        return self._received.pop(0)

    async def ask(self, method: str, params: Any = None) -> dict:
        """Call a method and return its answer, an error or a result; notifications are dropped."""
        number = self.send(method, params)
        while (message := await self.receive()) is not None:
            if message.get("id") == number:
                return message
        raise ConnectionError(method)

    async def result(self, method: str, params: Any = None) -> Any:
        answer = await self.ask(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    async def refusal(self, method: str, params: Any = None) -> tuple[int, str]:
        """Return the RPC code and our code of an error."""
        error = (await self.ask(method, params))["error"]
        assert error["data"]["message"]
        assert error["data"]["message_zh"]
        return error["code"], error["data"]["code"]

    async def close(self) -> None:
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


class Probe:
    """Methods that show how the server treats any method."""

    def __init__(self, registry: Registry) -> None:
        self.release = asyncio.Event()
        self.started = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.gone = asyncio.Event()
        for name in ("echo", "wait", "big", "fail", "tell", "watch_me"):
            registry.add(f"test.{name}", NoParams, getattr(self, name), Role.CONTROL)

    async def echo(self, call: Call, _params: NoParams) -> dict:
        return {"request": call.request}

    async def wait(self, _call: Call, _params: NoParams) -> str:
        self.started.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return "released"

    async def big(self, _call: Call, _params: NoParams) -> str:
        return "x" * 1_000_000

    async def fail(self, _call: Call, _params: NoParams) -> str:
        raise LookupError("a mistake of ours with a secret in it")

    async def tell(self, call: Call, _params: NoParams) -> str:
        call.connection.notify("told", {"before": "the answer"})
        return "answered"

    async def watch_me(self, call: Call, _params: NoParams) -> str:
        call.connection.on_close(self.gone.set)
        return "watched"


RULES = BrowserSettings(allow=(ALLOWED, "http://localhost:*"), deny=("https://*.denied.example",))


async def nobody() -> None:
    """Return nobody who is trusted."""


class ApiDesk:
    """Everything the agent is made of except its watch and its tray; the clock stands still."""

    def __init__(self, home: Path, *modules: ModuleSettings) -> None:
        paths = find_paths()
        vault = open_vault(paths.data / "vault.key")
        self.bus = EventBus()
        self.damages = Damages()
        self.quit = asyncio.Event()
        self.restart = asyncio.Event()
        self.inventory = Inventory(modules, self.bus)
        self._has_modules = bool(modules)
        self.journal = Journal(paths.journal, vault)
        self.remembered = Remembered(
            inventory=self.inventory,
            store=TokenStore(paths.remembered_tokens, self.damages),
            bus=self.bus,
            clock=lambda: NOW,
        )
        self.inventory.digest = self.remembered.digest
        self.reminders = ReminderService(
            remembered=self.remembered,
            memory=ReminderMemory(paths.reminders),
            bus=self.bus,
            clock=lambda: NOW,
            language=lambda: Language.ZH,
            rules=lambda: ReminderRules(thresholds=(90, 30)),
        )
        self.pins = PinSessions(self.inventory, PinMemory(paths.pin_states), self.bus)
        authorities = Authorities(Config)
        self.renewals = RenewalService(
            journal=self.journal,
            scans=ScanStore(paths.dossiers, vault),
            inventory=self.inventory,
            remembered=self.remembered,
            pins=self.pins,
            authorities=authorities,
            bus=self.bus,
            clock=lambda: NOW,
        )
        self.licences = LicenceService(
            store=LicenceStore(paths.licences, vault),
            journal=self.journal,
            inventory=self.inventory,
            pins=self.pins,
            authorities=authorities,
            bus=self.bus,
            clock=lambda: NOW,
            identity_oids=lambda: IDENTITY_OIDS,
        )
        self.seen = BrowserSeen(paths.browser_seen, lambda: NOW)
        parts = Parts(
            inventory=self.inventory,
            discovery=Discovery,
            with_known_pins=self.pins.shown,
            config=Config,
            trust=nobody,
            paths=paths,
            clock=lambda: NOW,
            seen=self.seen,
        )
        windows = DesktopWindows(
            lambda inherited: self.server.adopt(inherited, Role.CONTROL),
            language=lambda: Language.ZH,
        )
        self.rules = RULES
        self.consent = Consent(
            rules=lambda: self.rules,
            memory=SiteMemory(paths.sites),
            bus=self.bus,
            clock=lambda: NOW,
            open_window=windows.open_window,
        )
        self.portal_signing = PortalSigning(
            consent=self.consent, inventory=self.inventory, pins=self.pins, clock=lambda: NOW
        )
        services = Services(
            inventory=self.inventory,
            remembered=self.remembered,
            watch=Watch(self.inventory, (), poll_seconds=lambda: 5.0),
            reminders=self.reminders,
            pins=self.pins,
            pin_change=PinChange(self.pins, self.bus),
            renewals=self.renewals,
            licences=self.licences,
            signing=SigningService(
                inventory=self.inventory,
                pins=self.pins,
                bus=self.bus,
                clock=lambda: NOW,
                trust=nobody,
            ),
            dossiers=DossierService(
                renewals=self.renewals,
                folder=paths.dossiers,
                profile=paths.applicant_profile,
                vault=vault,
                identity_oids=lambda: IDENTITY_OIDS,
            ),
            checks=CheckService(parts),
            settings=Settings(paths, self.bus),
            updates=UpdateService(
                settings=UpdateSettings(), folder=paths.updates, bus=self.bus, clock=lambda: NOW
            ),
            damages=self.damages,
            bus=self.bus,
            clock=lambda: NOW,
            language=lambda: Language.ZH,
            windows=windows,
            consent=self.consent,
            portal_signing=self.portal_signing,
            home=home,
            started=NOW,
            quit=self.quit.set,
            restart=self.restart.set,
        )
        self.registry = Registry()
        kinds = (ControlMethods, ModuleMethods, PinMethods, RenewalMethods, LicenceMethods)
        others = (
            SigningMethods,
            LookingMethods,
            DossierMethods,
            CheckMethods,
            SiteMethods,
            UpdateMethods,
        )
        drawer = (CertificateMethods, ReminderMethods, RememberedMethods)
        for methods in (*kinds, *others, *drawer, BrowserMethods, ExtensionMethods):
            methods(services).register(self.registry)
        self.probe = Probe(self.registry)
        self.server = Server(self.registry)
        self._peers: list[Peer] = []

    async def __aenter__(self) -> Self:
        if not self._has_modules:
            await self.inventory.refresh()  # as the watch does at once; answers wait for it
        await self.server.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for peer in self._peers:
            await peer.close()
        await self.server.close()
        await self.pins.close()
        await self.licences.close()
        await self.renewals.close()
        self.reminders.close()
        await self.inventory.close()

    async def connect(self, socket_name: str = CONTROL_SOCKET) -> Peer:
        """Connect without saying hello."""
        path = runtime_folder() / socket_name
        peer = Peer(*await asyncio.open_unix_connection(path))
        self._peers.append(peer)
        return peer

    async def control(self) -> Peer:
        peer = await self.connect()
        await peer.result("hello", HELLO)
        return peer

    async def browser(self) -> Peer:
        peer = await self.connect(BROWSER_SOCKET)
        await peer.result("hello", HELLO)
        return peer


def names(kind: type[msgspec.Struct]) -> set[str]:
    return set(kind.__struct_fields__)
