"""The person at the computer, who answers what sites ask by the user's own tools."""

from __future__ import annotations

import contextlib
import queue
import threading

from agent.api.client import ConnectionLostError

ANSWER_SECONDS = 20


class Person:
    """Attends with the desk's agent while the block runs; questions come as they are asked."""

    def __init__(self, agent_desk) -> None:
        self._client = agent_desk.client()
        self._asked: queue.Queue = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self._client.call("consent.attend")
        self._client.call("events.subscribe")
        self._thread.start()
        return self

    def __exit__(self, *_exc):
        self._client.close()

    def next_question(self):
        """Wait for the next question."""
        return self._next("consent_asked")["consent"]

    def question_closed(self):
        return self._next("consent_closed")["id"]

    def answer(self, decision):
        """Wait for the next question and answer it; return it."""
        question = self.next_question()
        answer = {"id": question["id"], "decision": decision}
        self._client.post("consent.answer", answer)
        return question

    def _next(self, name):
        while (event := self._asked.get(timeout=ANSWER_SECONDS))["event"] != name:
            pass
        return event

    def _read(self):
        with contextlib.suppress(ConnectionLostError):
            while True:
                self._asked.put(self._client.next_notification()["params"])
