"""Methods of the user's own tools for web sites: open questions, answers, what was decided."""

from __future__ import annotations

import asyncio
from typing import Literal

import msgspec

from agent.api.methods.browser_serving import Origin
from agent.api.methods.renewals import Id, Thumbprint
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.pins import PinPrompt, pin_prompt
from agent.api.views.sites import ConsentList, ConsentView, SiteList, consent_view, site_list
from agent.api.views.token_use import TokenUseView, token_use_view
from agent.ground.language import Language
from agent.sites.model import ALWAYS_ASKED, READING, Action, ConsentQuestion, Decision


class ConsentParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``consent.get``."""

    id: Id


class AnswerParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``consent.answer``."""

    id: Id
    decision: Decision


class PinParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``consent.pin``."""

    id: Id
    thumbprint: Thumbprint
    accept_final_try: bool = False
    """A person consented to risk the last try."""


class SiteParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``sites.withdraw``."""

    origin: Origin


class DecideParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``sites.decide``."""

    origin: Origin
    decision: Literal["always", "never"] = "always"
    actions: tuple[Action, ...] | None = None
    """None forbids everything, and allows to see certificates and to renew."""


class SiteMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._consent = services.consent

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("consent.get", ConsentParams, self.get, Role.CONTROL)
        registry.add("consent.answer", AnswerParams, self.answer, Role.CONTROL)
        registry.add("consent.pin", PinParams, self.pin, Role.CONTROL)
        registry.add("consent.attend", NoParams, self.attend, Role.CONTROL)
        registry.add("sites.pending", NoParams, self.pending, Role.CONTROL, Role.TRAY)
        registry.add("sites.list", NoParams, self.list_all, Role.CONTROL)
        registry.add("sites.decide", DecideParams, self.decide, Role.CONTROL)
        registry.add("sites.withdraw", SiteParams, self.withdraw, Role.CONTROL)

    async def get(self, call: Call, params: ConsentParams) -> ConsentView:
        """One open question, with all that is known of a token's use it is about."""
        question = self._consent.questions.get(params.id)
        language = self._services.language_of(call)
        return consent_view(question, language, await self._use_of(question, language))

    async def _use_of(self, question: ConsentQuestion, language: Language) -> TokenUseView | None:
        signing = self._services.portal_signing
        use = signing.of(question)
        if use is None:
            return None
        standing = self._consent.standing(question.origin, question.action)
        return await asyncio.to_thread(
            token_use_view,
            await signing.candidates(use),
            await signing.problem(use),
            use.shown,
            is_allowed=standing is Decision.ALWAYS,
            may_be_allowed=question.action not in ALWAYS_ASKED,
            now=self._services.clock(),
            language=language,
        )

    async def answer(self, _call: Call, params: AnswerParams) -> dict[str, str]:
        """Take a person's decision; to a token's use nobody agrees but by its PIN (``consent.pin``)."""
        question = self._consent.questions.get(params.id)
        await self._services.portal_signing.check_answer(question, params.decision)
        self._consent.answer(params.id, params.decision)
        return {}

    async def pin(self, call: Call, params: PinParams) -> PinPrompt:
        """Make the token ready for what a site wants, and say where the PIN is to be sent."""
        asked = await self._services.portal_signing.ask_pin(
            params.id, params.thumbprint, accepts_final_try=params.accept_final_try
        )
        call.connection.on_close(asked.abandon)
        return pin_prompt(asked)

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
        decision = Decision(params.decision)
        whole = Action if decision is Decision.NEVER else sorted(READING)
        for action in whole if params.actions is None else params.actions:
            self._consent.decide(params.origin, action, decision)
        return site_list(self._consent)

    async def withdraw(self, _call: Call, params: SiteParams) -> SiteList:
        """Take back all that a site was allowed; it is told nothing more from now on."""
        self._consent.withdraw(params.origin)
        return site_list(self._consent)
