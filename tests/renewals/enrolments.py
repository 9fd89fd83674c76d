"""What an enrolment is told of a renewal, and what it notes down, without a renewal."""

from __future__ import annotations

from agent.renewals.authorities.authority import Credentials
from agent.renewals.authorities.enrolment import Application
from agent.renewals.authorities.ra_protocol import Policy

WHO = Credentials("0b9b8c0e-0000-4000-8000-000000000000", "the-password")


def application(who: Credentials, request: bytes = b"request", **facts: object) -> Application:
    """An application whose request has been prepared."""
    values = {"policy": Policy(authority="x"), "certificate": b"certificate", **facts}
    return Application(credentials=who, request=request, **values)


APPLICATION = application(WHO)


class Notes:
    """An enrolment's notes, and how often they were kept."""

    def __init__(self, notes: bytes = b"") -> None:
        self.notes = notes
        self.kept: list[bytes] = []

    def keep(self, notes: bytes) -> None:
        self.notes = notes
        self.kept.append(notes)
