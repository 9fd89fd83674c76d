"""What the local API answers about web sites."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.ground.language import Language
from agent.sites.consent import Consent
from agent.sites.domains import registrable_domain
from agent.sites.memory import SiteMemory
from agent.sites.model import Action, ConsentQuestion, Decision
from agent.sites.origins import host_of, is_secure
from agent.sites.shown_names import shown_name
from agent.sites.wording import asks, shows, title


class ConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """One question a site waits for: what a window shows."""

    id: str
    origin: str
    domain: str
    """Whose site it is: its registrable domain as it is shown to people, or all of a host without one."""
    action: Action
    title: str
    """The question in one sentence, in the user's language."""
    asks: str
    """The same where ``domain`` stands above it."""
    shows: tuple[str, ...]
    """What the site will get, in sentences."""
    site_is_secure: bool
    """False for http on this machine, which only tests use."""
    asked: dt.datetime
    expires: dt.datetime
    """When no answer counts as declined."""


class ConsentList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``sites.pending``."""

    questions: tuple[ConsentView, ...]


class SiteDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided for good of one action of one site."""

    origin: str
    action: Action
    decision: Decision
    """``always`` or ``never``."""
    since: dt.datetime


class SiteList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``sites.list``."""

    decisions: tuple[SiteDecision, ...]
    renewals: dict[str, int]
    """By origin: how many renewals the site may go on asking for."""
    allow: tuple[str, ...]
    """Patterns of the configuration that are allowed without asking."""
    deny: tuple[str, ...]
    """Patterns of the configuration that may never ask."""


def consent_view(question: ConsentQuestion, language: Language) -> ConsentView:
    """Return a question as clients see it."""
    secure = is_secure(question.origin)
    return ConsentView(
        id=question.id,
        origin=question.origin,
        domain=shown_name(registrable_domain(host_of(question.origin))),
        action=question.action,
        asks=asks(question.action, language),
        title=title(question.origin, question.action, language),
        shows=shows(question.action, language, site_is_secure=secure),
        site_is_secure=secure,
        asked=question.asked,
        expires=question.expires,
    )


def site_list(consent: Consent) -> SiteList:
    """Return all that is decided of sites."""
    return decided(consent.memory, allow=consent.allow, deny=consent.deny)


def decided(memory: SiteMemory, *, allow: tuple[str, ...], deny: tuple[str, ...]) -> SiteList:
    """Return what the user decided of sites, and what the configuration says."""
    sites = sorted(memory.sites.items())
    return SiteList(
        decisions=tuple(
            SiteDecision(origin=origin, action=action, decision=kept.decision, since=kept.since)
            for origin, site in sites
            for action, kept in sorted(site.decisions.items())
        ),
        renewals={origin: len(site.renewals) for origin, site in sites if site.renewals},
        allow=allow,
        deny=deny,
    )
