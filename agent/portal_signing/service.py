"""Asking a person, then the token: what pages want done with a key."""

from __future__ import annotations

import asyncio
import logging
import uuid
from typing import Any

import msgspec

from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.portal_signing.candidates import Candidate, candidates, problem
from agent.portal_signing.errors import NotSignedError, PinNeededError, ToldToPageError
from agent.portal_signing.model import PURPOSES, Result, TokenUse
from agent.renewals.ground.errors import CertificateNotFoundError
from agent.sites.consent import Consent
from agent.sites.errors import ConsentDeniedError, QuestionNotFoundError
from agent.sites.model import ConsentQuestion, Decision
from agent.tokens.inventory import Inventory
from agent.tokens.pin_sessions import AskedPin, PinSessions, PinWish
from agent.tokens.snapshot import Snapshot
from agent.tokens.supervisor import PinSession

log = logging.getLogger(__name__)


class _Open(msgspec.Struct):
    """A use somebody is asked about."""

    use: TokenUse[Any]
    id: str = msgspec.field(default_factory=lambda: str(uuid.uuid4()))
    asked: AskedPin | None = None
    is_begun: bool = False
    """The PIN was right, and the work goes on."""
    is_over: bool = False
    """Nobody waits for it any more."""
    outcome: tuple[Any] | OdcError | None = None

    def end(self) -> None:
        """Let the token go where it waits for a PIN; what was begun is finished for nobody."""
        self.is_over = True
        if self.asked is not None:
            self.asked.abandon()


class PortalSigning:
    """Every use of a key for a page goes this way."""

    def __init__(
        self, *, consent: Consent, inventory: Inventory, pins: PinSessions, clock: Clock
    ) -> None:
        self._consent = consent
        self._inventory = inventory
        self._pins = pins
        self._clock = clock
        self._open: dict[str, _Open] = {}

    async def use(self, use: TokenUse[Result]) -> Result:
        """Ask a person, have the token do it, and return what came of it.

        Cancelling takes the question back; a PIN that has been sent is used all the same, for nothing.

        Raises:
            OriginNotAllowedError, ConsentDeniedError, NobodyToAskError, RateLimitedError
            NoTokenError, CertificateNotFoundError, or what the use refuses certificates with: nothing can
                be done it with. A site hears of that when the person lets it, or has allowed it for good.
            ToldToPageError: it failed after the PIN.
        """
        if self._consent.standing(use.origin, use.action) is Decision.ALWAYS:
            _raise(problem(*await self._found(await self._inventory.current(), use)))
        opened = _Open(use)
        self._open[opened.id] = opened
        try:
            await self._consent.confirm(use.origin, use.action, opened.id)
            result: Result = await self._result_of(opened)
        finally:
            opened.end()
            del self._open[opened.id]
        return result

    def of(self, question: ConsentQuestion) -> TokenUse[Any] | None:
        """Return what a question is about; None where it is about no token's use."""
        opened = self._open.get(question.subject)
        return opened.use if opened is not None else None

    async def candidates(self, use: TokenUse[Any]) -> tuple[Candidate, ...]:
        """Return the certificates that are plugged in now, with why they do not serve."""
        return (await self._found(self._inventory.snapshot, use))[1]

    async def problem(self, use: TokenUse[Any]) -> OdcError | None:
        """Return why nothing can be done now; None where a PIN can be asked for."""
        return problem(*await self._found(self._inventory.snapshot, use))

    async def check_answer(self, question: ConsentQuestion, decision: Decision) -> None:
        """Refuse to take consent without a PIN where one can be given; PinNeededError."""
        use = self.of(question)
        grants = decision in (Decision.ONCE, Decision.ALWAYS)
        if grants and use is not None and await self.problem(use) is None:
            raise PinNeededError

    async def ask_pin(
        self, question_id: str, thumbprint: str, *, accepts_final_try: bool
    ) -> AskedPin:
        """Make the token ready, and return where its PIN is to be sent; it is used once that is right.

        Raises:
            QuestionNotFoundError: nobody asks any more.
            CertificateNotFoundError, or what the use refuses the certificate with.
            OdcError: as :meth:`PinSessions.ask` says.
        """
        question = self._consent.questions.get(question_id)
        opened = self._open.get(question.subject)
        if opened is None:
            raise QuestionNotFoundError
        chosen = await self._chosen(opened.use, thumbprint)

        async def work(session: PinSession) -> object:
            self._begin(question, opened)
            return await opened.use.work(chosen.held, session)

        def done(outcome: object) -> None:
            self._end(question, opened, outcome, thumbprint)

        wish = PinWish(
            token=chosen.token.reference,
            purpose=PURPOSES[opened.use.action],
            certificate=chosen.held.certificate.der,
            accepts_final_try=accepts_final_try,
        )
        asked = await self._pins.ask(wish, work, done)
        opened.asked = asked
        if opened.is_over:
            opened.end()
        return asked

    def _begin(self, question: ConsentQuestion, opened: _Open) -> None:
        """Use the token only where somebody still waits, and nobody has forbidden it meanwhile."""
        origin = question.origin
        if opened.is_over or self._consent.is_denied(origin, question.action):
            raise ConsentDeniedError(origin=origin)
        opened.is_begun = True
        self._consent.questions.hold(question.id)

    def _end(
        self, question: ConsentQuestion, opened: _Open, outcome: object, thumbprint: str
    ) -> None:
        """Take what came of a PIN. One that was wrong may be typed again: the question stays."""
        failure = outcome if isinstance(outcome, OdcError) else None
        log.info(
            "token used for a page action=%s shown=%s origin=%s certificate=%s outcome=%s",
            question.action, opened.use.kinds, question.origin, thumbprint[:16],
            failure.code if failure else "done",
        )  # fmt: skip
        if opened.is_over or not opened.is_begun:
            return
        opened.outcome = failure or (outcome,)
        report = failure.report() if failure else None
        self._consent.questions.settle(question.id, Decision.ONCE, report)

    async def _result_of(self, opened: _Open) -> Any:  # noqa: ANN401 - the use's result
        """Return the result of a use the person has agreed to, or why there is none."""
        outcome = opened.outcome
        if isinstance(outcome, ToldToPageError):
            raise outcome
        if isinstance(outcome, OdcError):
            raise NotSignedError from outcome
        if outcome is None:
            _raise(await self.problem(opened.use))
            raise ConsentDeniedError(origin=opened.use.origin)
        return outcome[0]

    async def _chosen(self, use: TokenUse[Any], thumbprint: str) -> Candidate:
        for candidate in await self.candidates(use):
            if candidate.held.certificate.thumbprint == thumbprint:
                _raise(candidate.refusal)
                return candidate
        raise CertificateNotFoundError

    async def _found(
        self, snapshot: Snapshot, use: TokenUse[Any]
    ) -> tuple[Snapshot, tuple[Candidate, ...]]:
        """Return what serves of a snapshot, with it; a token may have thousands of certificates."""
        found = await asyncio.to_thread(
            candidates,
            snapshot,
            self._clock(),
            use=use.certificate_use,
            refuses=use.refuses,
            thumbprint=use.thumbprint,
        )
        return snapshot, found


def _raise(error: OdcError | None) -> None:
    if error is not None:
        raise error
