"""The person at the computer, who answers what sites ask by the user's own tools."""

from __future__ import annotations

import contextlib
import queue
import threading

from agent.api.client import ConnectionLostError
from agent.tokens.pin import send_pin

ANSWER_SECONDS = 20


class Person:
    """Attends with the desk's agent while the block runs; questions come as they are asked."""

    def __init__(self, agent_desk) -> None:
        self._agent_desk = agent_desk
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

    def log_in(self, pin):
        """Wait for the next question, which wants a token, and type the PIN; return it as it is shown."""
        with self._agent_desk.client() as client:
            question = client.call("consent.get", {"id": self.next_question()["id"]})
            candidate = question["token_use"]["candidates"][0]
            wanted = {"id": question["id"], "thumbprint": candidate["thumbprint"]}
            prompt = client.call("consent.pin", wanted)
            send_pin(prompt["endpoint"], bytearray(pin.encode()))
        return question

    def _next(self, name):
        while (event := self._asked.get(timeout=ANSWER_SECONDS))["event"] != name:
            pass
        return event

    def _read(self):
        with contextlib.suppress(ConnectionLostError):
            while True:
                self._asked.put(self._client.next_notification()["params"])
