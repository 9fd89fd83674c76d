"""How the agent is."""

from __future__ import annotations

import datetime as dt

from agent.api.views.large import Large
from agent.api.views.problems import ProblemView
from agent.certificates.days import CertificateStatus


class StatusView(Large, frozen=True, kw_only=True):
    """The answer to ``agent.status``."""

    version: str
    pid: int
    home: str
    started: dt.datetime
    tokens: int
    """How many are plugged in."""
    remembered: int = 0
    """How many are not, and are known all the same."""
    certificates: int
    pairs: int
    expired: int
    """Pairs, by their signing certificates, on whichever token; what was renewed does not count, nor what is
    in a drawer and not to be reminded of."""
    expiring: int
    worst: CertificateStatus | None
    worst_text: str
    renewals_under_way: int
    problems: tuple[ProblemView, ...]
