"""Consent: what the administrator says, else what the user said, else asking the user."""

from __future__ import annotations

import logging
from collections.abc import Callable

from agent.ground.bus import EventBus
from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.settings.config import BrowserSettings
from agent.sites.allowance import Rate, SiteAllowances
from agent.sites.domains import load_suffixes, registrable_domain
from agent.sites.errors import (
    ConsentDeniedError,
    NobodyToAskError,
    NotForGoodError,
    RateLimitedError,
    SiteNotKnownError,
)
from agent.sites.memory import SiteMemory
from agent.sites.model import (
    ALWAYS_ASKED,
    GRANTING,
    KEPT,
    WITH_PIN,
    Action,
    Decision,
    SiteWithdrawn,
)
from agent.sites.origins import check_origin, host_of, is_allowed, is_denied
from agent.sites.questions import Questions
from agent.sites.rules import allowed_sites, denied_sites

log = logging.getLogger(__name__)

REQUESTS_OF_HOST = Rate(burst=200, per_second=20)
REQUESTS_OF_DOMAIN = Rate(burst=400, per_second=40)
REQUESTS_OF_ALL = Rate(burst=1000, per_second=100)
QUESTIONS_OF_HOST = Rate(burst=3, per_second=1 / 30)
"""A person who declined by mistake can be asked again at once, a page cannot keep on asking."""
QUESTIONS_OF_DOMAIN = Rate(burst=5, per_second=1 / 30)
QUESTIONS_OF_ALL = Rate(burst=10, per_second=1 / 15)
"""What a person can read who also has other things to do."""


class Consent:
    """Decides on each request of a site. Origins are checked before anything else is looked at."""

    def __init__(
        self,
        *,
        rules: Callable[[], BrowserSettings],
        memory: SiteMemory,
        bus: EventBus,
        clock: Clock,
        open_window: Callable[[str, str], None],
    ) -> None:
        """Ask nobody yet.

        Args:
            rules: what the configuration says of sites now.
            memory: what the user decided.
            bus: hears of questions and of what is withdrawn.
            clock: tells when something was decided.
            open_window: ``open_window("consent", id)`` shows a question, ``"token_use"`` one that takes a
                PIN; raises an OdcError where it cannot.
        """
        self._rules = rules
        self.memory = memory
        self.questions = Questions(bus, clock)
        self._bus = bus
        self._clock = clock
        self._open_window = open_window
        self._requests = SiteAllowances(
            host=REQUESTS_OF_HOST, domain=REQUESTS_OF_DOMAIN, everybody=REQUESTS_OF_ALL
        )
        self._asked = SiteAllowances(
            host=QUESTIONS_OF_HOST, domain=QUESTIONS_OF_DOMAIN, everybody=QUESTIONS_OF_ALL
        )
        self._attendants = 0

    @property
    def rules(self) -> BrowserSettings:
        """What the configuration says of sites now."""
        return self._rules()

    async def admit(self, origin: str) -> None:
        """Count a request; OriginNotAllowedError, RateLimitedError."""
        check_origin(origin)
        await load_suffixes()
        self._count(self._requests, origin)

    def standing(self, origin: str, action: Action) -> Decision | None:
        """Return what holds without asking: ALWAYS, NEVER, or None where the user decides."""
        if is_denied(origin, denied_sites(self.rules, action)):
            return Decision.NEVER
        if is_allowed(origin, allowed_sites(self.rules, action)):
            return Decision.ALWAYS
        return self.memory.decision(origin, action)

    def is_denied(self, origin: str, action: Action) -> bool:
        """Return whether the administrator or the user forbids this for good."""
        return self.standing(origin, action) is Decision.NEVER

    async def require(self, origin: str, action: Action, subject: str = "") -> None:
        """Return once the site may do this, after asking the user where nothing is decided.

        An answer is for all requests about the same ``subject``: who allows one renewal once has not
        allowed those that a page asked for along with it.
        Cancelling it takes the question back, unless another request waits for its answer.

        Raises:
            OriginNotAllowedError, ConsentDeniedError, NobodyToAskError, RateLimitedError
        """
        check_origin(origin)
        decision = self.standing(origin, action)
        if decision is None:
            decision = await self._ask(origin, action, subject)
        # The administrator may have forbidden it while the question was open.
        self._check(origin, action, decision)

    async def confirm(self, origin: str, action: Action, subject: str) -> None:
        """Return once the user has agreed to this one use of a token, whatever was allowed before.

        Nobody shares the answer, and one question of a host is open at a time. Cancelling it takes the
        question back.

        Raises:
            OriginNotAllowedError, ConsentDeniedError, NobodyToAskError, RateLimitedError
        """
        check_origin(origin)
        while not self.is_denied(origin, action) and (other := self.questions.of(origin)):
            await self.questions.closed(other.id)
        if self.is_denied(origin, action):
            raise ConsentDeniedError(origin=origin)
        decision = await self.questions.answer_to(self._put(origin, action, subject))
        self._check(origin, action, decision)

    def _check(self, origin: str, action: Action, decision: Decision) -> None:
        """Return where this is allowed; it may have been forbidden while the question was open."""
        is_forbidden = is_denied(origin, denied_sites(self.rules, action))
        if decision not in GRANTING or is_forbidden:
            raise ConsentDeniedError(origin=origin)

    def check_follows(self, origin: str, renewal_id: str) -> None:
        """Return where the site was allowed this very renewal and nothing was withdrawn since.

        Raises:
            ConsentDeniedError: it was not.
        """
        if self.is_denied(origin, Action.RENEW) or not self.memory.may_follow(origin, renewal_id):
            raise ConsentDeniedError(origin=origin)

    def answer(self, question_id: str, decision: Decision) -> None:
        """Take a person's decision; QuestionNotFoundError, NotForGoodError, NotSavedError."""
        question = self.questions.get(question_id)
        _check_kept(question.action, decision)
        if decision in KEPT:
            self.memory.keep(question.origin, question.action, decision, self._clock())
        log.info(
            "consent origin=%s action=%s decision=%s", question.origin, question.action, decision
        )
        self.questions.settle(question_id, decision)

    def decide(self, origin: str, action: Action, decision: Decision) -> None:
        """Keep a decision nobody was asked for.

        Raises:
            OriginNotAllowedError, NotForGoodError, NotSavedError
        """
        check_origin(origin)
        _check_kept(action, decision)
        self.memory.keep(origin, action, decision, self._clock())
        log.info("consent origin=%s action=%s decision=%s unasked", origin, action, decision)

    def withdraw(self, origin: str) -> None:
        """Take back all that a site was allowed; SiteNotKnownError, NotSavedError."""
        if not self.memory.forget(origin):
            raise SiteNotKnownError(origin=origin)
        log.info("consent withdrawn origin=%s", origin)
        self._bus.publish(SiteWithdrawn(origin=origin))

    def attend(self) -> Callable[[], None]:
        """Have questions wait where no window can be opened: somebody shows them otherwise.

        The returned function ends that.
        """
        self._attendants += 1

        def leave() -> None:
            self._attendants -= 1

        return leave

    async def _ask(self, origin: str, action: Action, subject: str) -> Decision:
        wanted = (origin, action, subject)
        while (other := self.questions.of(origin)) and other.about != wanted:
            await self.questions.closed(other.id)  # one window at a time
            if (decision := self.standing(origin, action)) is not None:
                return decision
        question = self.questions.of(origin)
        return await self.questions.answer_to(
            question.id if question else self._put(origin, action, subject)
        )

    def _put(self, origin: str, action: Action, subject: str) -> str:
        """Put a new question and show it; return its id."""
        self._count(self._asked, origin)
        question = self.questions.put(origin, action, subject)
        try:
            self._open_window("token_use" if action in WITH_PIN else "consent", question.id)
        except OdcError as error:
            if not self._attendants:
                self.questions.settle(question.id, Decision.DECLINE)
                log.warning("nobody to ask origin=%s code=%s", origin, error.code)
                raise NobodyToAskError(origin=origin) from error
        return question.id

    @staticmethod
    def _count(allowances: SiteAllowances, origin: str) -> None:
        host = host_of(origin)
        if not allowances.take(host, registrable_domain(host)):
            raise RateLimitedError(origin=origin)


def _check_kept(action: Action, decision: Decision) -> None:
    if action in ALWAYS_ASKED and decision is Decision.ALWAYS:
        raise NotForGoodError
