"""Methods of the user's own tools for web sites: open questions, answers, what was decided."""

from __future__ import annotations

from typing import Literal

import msgspec

from agent.api.methods.browser import Origin
from agent.api.methods.renewals import Id
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.sites import ConsentList, ConsentView, SiteList, consent_view, site_list
from agent.sites.model import Action, Decision


class ConsentParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``consent.get``."""

    id: Id


class AnswerParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``consent.answer``."""

    id: Id
    decision: Decision


class SiteParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``sites.withdraw``."""

    origin: Origin


class DecideParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``sites.decide``."""

    origin: Origin
    decision: Literal["always", "never"] = "always"
    actions: tuple[Action, ...] = tuple(Action)


class SiteMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._consent = services.consent

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("consent.get", ConsentParams, self.get, Role.CONTROL)
        registry.add("consent.answer", AnswerParams, self.answer, Role.CONTROL)
        registry.add("consent.attend", NoParams, self.attend, Role.CONTROL)
        registry.add("sites.pending", NoParams, self.pending, Role.CONTROL, Role.TRAY)
        registry.add("sites.list", NoParams, self.list_all, Role.CONTROL)
        registry.add("sites.decide", DecideParams, self.decide, Role.CONTROL)
        registry.add("sites.withdraw", SiteParams, self.withdraw, Role.CONTROL)

    async def get(self, call: Call, params: ConsentParams) -> ConsentView:
        """One open question."""
        question = self._consent.questions.get(params.id)
        return consent_view(question, self._services.language_of(call))

    async def answer(self, _call: Call, params: AnswerParams) -> dict[str, str]:
        """Take a person's decision."""
        self._consent.answer(params.id, params.decision)
        return {}

    async def attend(self, call: Call, _params: NoParams) -> dict[str, str]:
        """Have questions wait while this client is there, also where no window can be opened."""
        call.connection.on_close(self._consent.attend())
        return {}

    async def pending(self, call: Call, _params: NoParams) -> ConsentList:
        """The open questions, the oldest first."""
        language = self._services.language_of(call)
        questions = self._consent.questions.all
        return ConsentList(questions=tuple(consent_view(q, language) for q in questions))

    async def list_all(self, _call: Call, _params: NoParams) -> SiteList:
        """What was decided."""
        return site_list(self._consent)

    async def decide(self, _call: Call, params: DecideParams) -> SiteList:
        """Allow a site, or forbid it, before it asks."""
        for action in params.actions:
            self._consent.decide(params.origin, action, Decision(params.decision))
        return site_list(self._consent)

    async def withdraw(self, _call: Call, params: SiteParams) -> SiteList:
        """Take back all that a site was allowed; it is told nothing more from now on."""
        self._consent.withdraw(params.origin)
        return site_list(self._consent)
