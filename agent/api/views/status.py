"""How the agent is."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.api.views.problems import ProblemView
from agent.certificates.model import CertificateStatus


class StatusView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``agent.status``."""

    version: str
    pid: int
    home: str
    started: dt.datetime
    tokens: int
    certificates: int
    pairs: int
    expired: int
    """Pairs, by their signing certificates; what was renewed does not count."""
    expiring: int
    worst: CertificateStatus | None
    worst_text: str
    renewals_under_way: int
    problems: tuple[ProblemView, ...]
