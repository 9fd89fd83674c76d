"""Reference value and secret: asked for when the renewal waits for them, read as lines or typed."""

from __future__ import annotations

import contextlib
import os

import pytest

from agent.cli.renewing.answers import Answers, InputMissingError
from agent.cli.renewing.conversation import Conversation

WAITS = {
    "id": "3f2a", "state": "drafting", "waiting": "SECRET", "text": "waits", "error_text": "",
    "advice_text": "", "remarks": [], "updated": "1",
}  # fmt: skip
CANCELLED = {**WAITS, "state": "cancelled", "waiting": None}


class Agent:
    """Takes what it is given."""

    def __init__(self):
        self.calls = []

    def call(self, method, params=None):
        self.calls.append((method, params))
        return CANCELLED


@pytest.fixture
def lines(monkeypatch):
    """Standard input with some lines."""

    with contextlib.ExitStack() as opened:

        def given(content: bytes) -> None:
            reader, writer = os.pipe()
            os.write(writer, content)
            os.close(writer)
            monkeypatch.setattr("sys.stdin", opened.enter_context(os.fdopen(reader)))

        yield given


def converse(agent: Agent) -> None:
    Conversation(agent, Answers(applicant=None, documents=None, from_stdin=True), WAITS).run()


def test_both_are_read_as_lines_when_they_are_asked_for(lines):
    lines("参考号 7 \nsecret of it\n123456\n".encode())
    agent = Agent()
    converse(agent)
    expected = {"id": "3f2a", "reference": "参考号 7", "secret": "secret of it"}
    assert agent.calls == [("renewals.give_secret", expected)]


@pytest.mark.parametrize("content", [b"", b"7\n", b"\nsecret\n"])
def test_half_of_them_is_not_sent(lines, content):
    lines(content)
    agent = Agent()
    with pytest.raises(InputMissingError):
        converse(agent)
    assert agent.calls == []
