"""Methods of the user's own tools: status, tokens, events, windows, the agent's end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec.structs import replace

from agent import __version__
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.licences import licence_view
from agent.api.views.problems import error_view, problem_view
from agent.api.views.remembered import Drawer
from agent.api.views.reminders import ReminderList
from agent.api.views.renewals import RenewalView, renewal_view
from agent.api.views.settings import setting_problem
from agent.api.views.sites import consent_view
from agent.api.views.status import StatusView
from agent.api.views.tokens import TokenList, token_list, token_view
from agent.api.window_names import WindowName
from agent.certificates.days import CertificateStatus
from agent.certificates.summary import summarise
from agent.ground.bus import Event
from agent.ground.language import Language
from agent.remembered.service import PairsForgotten, RememberedChanged
from agent.reminders.service import ReminderRaised, RemindersChanged
from agent.renewals.journal.record import Renewal, RenewalChanged
from agent.renewals.licences.item import LicenceChanged
from agent.settings.service import SettingsChanged
from agent.signing.service import DocumentSigned, DocumentsSigned
from agent.sites.model import ConsentAsked, ConsentClosed
from agent.tokens.inventory import TokenInserted, TokenRemoved, TokensChanged
from agent.tokens.model import TokenReference
from agent.tokens.pin_change import PinChanged
from agent.updates.model import UpdateFound, UpdateProgress

_TOLD_AS_THEY_ARE = (
    DocumentSigned,
    DocumentsSigned,
    PairsForgotten,
    RememberedChanged,
    RemindersChanged,
    UpdateFound,
    UpdateProgress,
)


class ListParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``tokens.list``."""

    refresh: bool = False
    """Read the tokens now instead of answering from the last reading."""


class FrontParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``windows.in_front``."""

    subject: str
    """Empty once the window is not in front any more."""


Pixels = Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]


class PlaceParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``windows.placed``, in device-independent pixels, with the frame."""

    x: Pixels
    y: Pixels
    width: Pixels
    height: Pixels


class WindowParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``windows.open``."""

    name: WindowName
    subject: Annotated[str, msgspec.Meta(max_length=300)] | None = None
    """What it is about: the thumbprint to renew, the id of a site's question."""


MAX_TOLD = 50
"""Certificates of a token that an event tells of, since it is told at once; ``tokens.list`` has all."""


class ControlMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        own = (Role.CONTROL, Role.TRAY)
        registry.add("agent.status", NoParams, self.status, *own)
        registry.add("agent.quit", NoParams, self.quit, *own)
        registry.add("agent.restart", NoParams, self.restart, Role.CONTROL)
        registry.add("tokens.list", ListParams, self.list_tokens, *own)
        registry.add("reminders.list", NoParams, self.list_reminders, *own)
        registry.add("events.subscribe", NoParams, self.subscribe, *own)
        registry.add("portals.list", NoParams, self.list_portals, Role.CONTROL)
        registry.add("windows.came_forward", NoParams, self.came_forward, Role.CONTROL)
        registry.add("windows.in_front", FrontParams, self.in_front, Role.CONTROL)
        registry.add("windows.open", WindowParams, self.open_window, *own)
        registry.add("windows.placed", PlaceParams, self.placed, Role.CONTROL)
        registry.add("windows.prepare", NoParams, self.prepare_window, *own)

    async def status(self, call: Call, _params: NoParams) -> StatusView:
        """How the agent and everything it watches is, in one answer."""
        services = self._services
        snapshot, now = await services.inventory.current(), services.clock()
        pairs = [known.pair for known in services.reminders.pairs_to_mind()]
        language, problems = services.language_of(call), snapshot.problems
        summary = await asyncio.to_thread(summarise, pairs, now, language)
        unread = await asyncio.to_thread(lambda: tuple(map(problem_view, problems)))
        return StatusView(
            version=__version__,
            pid=os.getpid(),
            home=os.fspath(services.home),
            started=services.started,
            tokens=len(snapshot.tokens),
            remembered=len(services.remembered.absent()),
            certificates=sum(len(token.certificates) for token in snapshot.tokens),
            pairs=len(pairs),
            expired=summary.counts[CertificateStatus.EXPIRED],
            expiring=summary.counts[CertificateStatus.EXPIRING],
            worst=summary.worst,
            worst_text=summary.text,
            renewals_under_way=len(services.renewals.under_way()),
            problems=(
                *map(setting_problem, services.settings.problems),
                *map(error_view, services.damages.problems),
                *unread,
            ),
        )

    async def quit(self, _call: Call, _params: NoParams) -> dict[str, str]:
        """End the agent, after this answer."""
        self._services.quit()
        return {}

    async def restart(self, _call: Call, _params: NoParams) -> dict[str, str]:
        """Have the agent end and start anew, after this answer and what a PIN was entered for."""
        await self._services.pins.settled()
        self._services.restart()
        return {}

    async def list_tokens(self, call: Call, params: ListParams) -> TokenList:
        """Everything that is plugged in, and what is remembered of what is not."""
        inventory = self._services.inventory
        snapshot = await (inventory.refresh() if params.refresh else inventory.current())
        services = self._services
        now, language = services.clock(), services.language_of(call)
        shown = services.pins.shown(snapshot)
        drawer = Drawer(
            tokens=services.remembered.absent(),
            pairs=services.remembered.pairs(),
            is_silenced=services.reminders.is_silenced,
        )
        # Checking the signatures of many SM2 certificates takes seconds.
        known = replace(services.known(), trust=await services.trust())
        listed = await asyncio.to_thread(token_list, shown, drawer, now, language, known)
        problems = (*map(error_view, services.damages.problems), *listed.problems)
        return msgspec.structs.replace(listed, problems=problems)

    async def list_reminders(self, _call: Call, _params: NoParams) -> ReminderList:
        """What has been reminded of since the agent started: for clients that came later."""
        return ReminderList(reminders=tuple(self._services.reminders.raised.values()))

    async def list_portals(self, _call: Call, _params: NoParams) -> dict[str, object]:
        """The portals of the configuration (热门应用)."""
        return {"portals": self._services.portals()}

    async def open_window(self, _call: Call, params: WindowParams) -> dict[str, str]:
        """Open a window."""
        self._services.windows.open_window(params.name, params.subject)
        return {}

    async def prepare_window(self, _call: Call, _params: NoParams) -> dict[str, str]:
        """Have the next window open sooner: whoever opened a menu is about to choose one."""
        self._services.windows.prepare(at_once=True)
        return {}

    async def came_forward(self, call: Call, _params: NoParams) -> dict[str, str]:
        """Tell that the window that calls came forward, as it was asked to."""
        self._services.windows.came_forward(call.connection)
        return {}

    async def in_front(self, call: Call, params: FrontParams) -> dict[str, str]:
        """Tell what the window that calls shows in front: nobody needs a notice of it."""
        self._services.windows.in_front(call.connection, params.subject)
        return {}

    async def placed(self, call: Call, params: PlaceParams) -> dict[str, str]:
        """Tell where the window that calls is: the next one opens beside it."""
        place = (params.x, params.y, params.width, params.height)
        self._services.windows.placed(call.connection, place)
        return {}

    async def subscribe(self, call: Call, _params: NoParams) -> dict[str, str]:
        """Send every event as a notification from now on."""
        language = self._services.language_of(call)

        def forward(event: Event) -> None:
            for told in self._told(event, language):
                call.connection.notify("event", told)

        call.connection.on_close(self._services.bus.subscribe(forward))
        return {}

    def _told(self, event: Event, language: Language) -> Iterator[dict[str, object]]:
        """Yield what clients are told of an event."""
        if isinstance(event, TokenInserted):
            yield from self._told_of_token(event.token, language)
        elif isinstance(event, TokenRemoved):
            yield {"event": "token_removed", **msgspec.to_builtins(event.token)}
        elif isinstance(event, TokensChanged):
            yield {"event": "tokens_changed"}
        elif isinstance(event, PinChanged):
            yield {"event": "pin_changed", **msgspec.to_builtins(event.token)}
        elif isinstance(event, ReminderRaised):
            yield {"event": "reminder", **msgspec.to_builtins(event.reminder)}
        elif isinstance(event, RenewalChanged):
            yield {"event": "renewal", "renewal": self._renewal(event.renewal, language)}
        elif isinstance(event, LicenceChanged):
            yield {"event": "licence", "licence": licence_view(event.item, language)}
        else:
            yield from self._told_of_user(event, language)

    def _renewal(self, renewal: Renewal, language: Language) -> RenewalView:
        return renewal_view(self._services.renewals.shown(renewal), language)

    def _told_of_user(self, event: Event, language: Language) -> Iterator[dict[str, object]]:
        """Yield what clients are told of what a person is asked, and decided."""
        if isinstance(event, ConsentAsked):
            yield {"event": "consent_asked", "consent": consent_view(event.question, language)}
        elif isinstance(event, ConsentClosed):
            problem = {"problem": event.problem} if event.problem else {}
            yield {"event": "consent_closed", "id": event.id, **problem}
        elif isinstance(event, SettingsChanged):
            yield {"event": "settings_changed", "keys": event.keys}
        elif isinstance(event, _TOLD_AS_THEY_ARE):
            yield msgspec.to_builtins(event)

    def _told_of_token(
        self, reference: TokenReference, language: Language
    ) -> Iterator[dict[str, object]]:
        now = self._services.clock()
        known = self._services.known()  # without chains: an event is told at once
        for token in self._services.pins.shown(self._services.inventory.snapshot).tokens:
            if token.reference == reference:
                few = replace(token, certificates=token.certificates[:MAX_TOLD])
                view = token_view(few, now, language, known)
                yield {"event": "token_inserted", "token": view}
                for seen in view.certificates:
                    yield {"event": "certificate_seen", "token": view.label, "certificate": seen}
