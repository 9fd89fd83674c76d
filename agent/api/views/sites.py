"""What the local API answers about web sites."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.api.views.large import Large
from agent.api.views.token_use import TokenUseView
from agent.ground.language import Language
from agent.settings.config import BrowserSettings
from agent.sites.consent import Consent
from agent.sites.domains import registrable_domain
from agent.sites.memory import SiteMemory
from agent.sites.model import WITH_PIN, Action, ConsentQuestion, Decision
from agent.sites.origins import host_of, is_secure
from agent.sites.rules import allowed_sites, denied_sites
from agent.sites.shown_names import shown_name
from agent.sites.wording import asks, shows, title


class ConsentView(Large, frozen=True, kw_only=True):
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
    token_use: TokenUseView | None = None
    """What a token is wanted for, which wants its PIN; only in the answer to ``consent.get``."""


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


class ActionRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the configuration says of one action alone."""

    allow: tuple[str, ...]
    deny: tuple[str, ...]


class SiteList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``sites.list``."""

    decisions: tuple[SiteDecision, ...]
    renewals: dict[str, int]
    """By origin: how many renewals the site may go on asking for."""
    allow: tuple[str, ...]
    """Patterns of the configuration that are allowed without asking to see certificates and to renew."""
    deny: tuple[str, ...]
    """Patterns of the configuration that may never ask for anything."""
    actions: dict[Action, ActionRules]
    """What it says besides, by action: of those that have lists of their own and something in them."""
    hashes: tuple[str, ...] = ()
    """Patterns of the policy that may have hashes signed, each time with question and PIN."""


def consent_view(
    question: ConsentQuestion, language: Language, token_use: TokenUseView | None = None
) -> ConsentView:
    """Return a question as clients see it."""
    secure = is_secure(question.origin)
    is_hash = token_use is not None and any(item.kind == "hash" for item in token_use.shown)
    return ConsentView(
        id=question.id,
        origin=question.origin,
        domain=shown_name(registrable_domain(host_of(question.origin))),
        action=question.action,
        asks=asks(question.action, language, is_hash=is_hash),
        title=title(question.origin, question.action, language),
        shows=shows(question.action, language, site_is_secure=secure, is_hash=is_hash),
        site_is_secure=secure,
        asked=question.asked,
        expires=question.expires,
        token_use=token_use,
    )


def site_list(consent: Consent) -> SiteList:
    """Return all that is decided of sites."""
    return decided(consent.memory, consent.rules)


def decided(memory: SiteMemory, rules: BrowserSettings) -> SiteList:
    """Return what the user decided of sites, and what the configuration says."""
    sites = sorted(memory.sites.items())
    return SiteList(
        decisions=tuple(
            SiteDecision(origin=origin, action=action, decision=kept.decision, since=kept.since)
            for origin, site in sites
            for action, kept in sorted(site.decisions.items())
        ),
        renewals={origin: len(site.renewals) for origin, site in sites if site.renewals},
        allow=rules.allow,
        deny=rules.deny,
        actions=_own_rules(rules),
        hashes=rules.allow_sign_hash,
    )


def _own_rules(rules: BrowserSettings) -> dict[Action, ActionRules]:
    found = {
        action: ActionRules(
            allow=allowed_sites(rules, action),
            deny=denied_sites(rules, action)[len(rules.deny) :],
        )
        for action in sorted(WITH_PIN)
    }
    return {action: own for action, own in found.items() if own.allow or own.deny}
