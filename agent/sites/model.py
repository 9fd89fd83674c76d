"""What a site may be allowed, what a person may decide, and what others are told of it."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum, unique

import msgspec

from agent.ground.bus import Event
from agent.ground.reports import ErrorReport


@unique
class Action(StrEnum):
    """What a site asks for; each is decided on by itself."""

    CERTIFICATES = "certificates"
    """See the certificates on the tokens."""
    RENEW = "renew"
    """Start a renewal, or join it, and be told its states."""
    LOGIN = "login"
    """Have the token sign that its holder logs in there, with a PIN each time."""
    SIGN = "sign"
    """Have the token sign texts or documents, with a question and a PIN each time."""
    DECRYPT = "decrypt"
    """Have the token decrypt, with a question and a PIN each time."""


READING = frozenset({Action.CERTIFICATES, Action.RENEW})
"""What a key on a token is not used for: all that "allow" means where no action is named."""
WITH_PIN = frozenset({Action.LOGIN, Action.SIGN, Action.DECRYPT})
"""Asked each time, in a window that takes the PIN."""
ALWAYS_ASKED = frozenset({Action.SIGN, Action.DECRYPT})
"""Nobody can allow these for good: what is signed binds, and each time it is something else."""


@unique
class Decision(StrEnum):
    """A person's answer. The last two are kept."""

    DECLINE = "decline"
    """Not now; also what no answer in time means."""
    ONCE = "once"
    ALWAYS = "always"
    NEVER = "never"


KEPT = frozenset({Decision.ALWAYS, Decision.NEVER})
GRANTING = frozenset({Decision.ONCE, Decision.ALWAYS})


class Kept(msgspec.Struct, frozen=True):
    """One decision that was kept."""

    decision: Decision
    since: dt.datetime


class Site(msgspec.Struct, frozen=True):
    """What is kept of one site."""

    decisions: dict[Action, Kept] = {}
    renewals: tuple[str, ...] = ()
    """Ids of the renewals it was allowed to start or join, and so may go on asking for."""


class ConsentQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A site waits for a person's decision."""

    id: str
    origin: str
    action: Action
    subject: str = ""
    """What it is about, where an answer is for that alone: a thumbprint."""
    asked: dt.datetime
    expires: dt.datetime
    """When no answer counts as declined."""

    @property
    def about(self) -> tuple[str, Action, str]:
        """Who asks for what: an answer is for this alone."""
        return self.origin, self.action, self.subject


class ConsentAsked(Event, frozen=True, kw_only=True, tag="consent_asked"):
    """A site asks; somebody should show the question."""

    question: ConsentQuestion


class ConsentClosed(Event, frozen=True, kw_only=True, tag="consent_closed"):
    """A question was answered, or nobody waits for its answer any more."""

    id: str
    problem: ErrorReport | None = None
    """What went wrong after the answer, for who has given it to read."""


class SiteWithdrawn(Event, frozen=True, kw_only=True, tag="site_withdrawn"):
    """What a site was allowed was taken back."""

    origin: str
