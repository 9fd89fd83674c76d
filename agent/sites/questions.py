"""The questions that are open: put, shown by somebody, settled once or taken back."""

from __future__ import annotations

import asyncio
import datetime as dt
import uuid

import msgspec

from agent.ground.bus import EventBus
from agent.ground.clock import Clock
from agent.ground.reports import ErrorReport
from agent.sites.errors import QuestionNotFoundError, RateLimitedError
from agent.sites.model import Action, ConsentAsked, ConsentClosed, ConsentQuestion, Decision
from agent.sites.origins import host_of

ANSWER_SECONDS = 120.0
"""How long a person has; a page waits longer than that."""
MOST_OPEN = 8
"""Questions open at once, of all sites."""


class _Open(msgspec.Struct):
    question: ConsentQuestion
    answer: asyncio.Future[Decision]
    deadline: asyncio.TimerHandle
    waiting: int = 0


class Questions:
    """At most one question of each site."""

    def __init__(self, bus: EventBus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._open: dict[str, _Open] = {}

    @property
    def all(self) -> tuple[ConsentQuestion, ...]:
        """Return what is open, the oldest first."""
        return tuple(entry.question for entry in self._open.values())

    def get(self, question_id: str) -> ConsentQuestion:
        """Return an open question; QuestionNotFoundError."""
        return self._entry(question_id).question

    def of(self, origin: str) -> ConsentQuestion | None:
        """Return the question of the origin's host, whatever port it came from."""
        host = host_of(origin)
        return next((question for question in self.all if host_of(question.origin) == host), None)

    def put(self, origin: str, action: Action, subject: str = "") -> ConsentQuestion:
        """Open a question; declined unless it is settled in time. RateLimitedError."""
        if len(self._open) >= MOST_OPEN:
            raise RateLimitedError(origin=origin)
        now, loop = self._clock(), asyncio.get_running_loop()
        question = ConsentQuestion(
            id=str(uuid.uuid4()),
            origin=origin,
            action=action,
            subject=subject,
            asked=now,
            expires=now + dt.timedelta(seconds=ANSWER_SECONDS),
        )
        deadline = loop.call_later(ANSWER_SECONDS, self.settle, question.id, Decision.DECLINE)
        self._open[question.id] = _Open(question, loop.create_future(), deadline)
        self._bus.publish(ConsentAsked(question=question))
        return question

    async def answer_to(self, question_id: str) -> Decision:
        """Wait for the answer; when nobody waits any more the question is taken back."""
        entry = self._entry(question_id)
        entry.waiting += 1
        try:
            return await asyncio.shield(entry.answer)
        finally:
            entry.waiting -= 1
            if not entry.waiting and not entry.answer.done():
                self.settle(question_id, Decision.DECLINE)

    async def closed(self, question_id: str) -> None:
        """Wait until a question is no longer open."""
        entry = self._open.get(question_id)
        if entry is not None:
            await asyncio.wait({entry.answer})

    def hold(self, question_id: str) -> None:
        """Take no silence for an answer any more: a token is at work on it. QuestionNotFoundError."""
        self._entry(question_id).deadline.cancel()

    def settle(
        self, question_id: str, decision: Decision, problem: ErrorReport | None = None
    ) -> None:
        """Close a question with a decision, and with what went wrong after it; QuestionNotFoundError."""
        entry = self._entry(question_id)
        del self._open[question_id]
        entry.deadline.cancel()
        entry.answer.set_result(decision)
        self._bus.publish(ConsentClosed(id=question_id, problem=problem))

    def _entry(self, question_id: str) -> _Open:
        entry = self._open.get(question_id)
        if entry is None:
            raise QuestionNotFoundError
        return entry
