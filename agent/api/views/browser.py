"""What web pages and the extension see: less than the user's own tools."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent import __version__
from agent.api.known import Known
from agent.api.views.certificates import certificate_view, places
from agent.api.views.large import Large
from agent.api.views.problems import ProblemView, problem_view
from agent.certificates.days import CertificateStatus
from agent.certificates.model import CertificateUse
from agent.ground.language import Language
from agent.renewals.journal.record import Renewal
from agent.tokens.snapshot import Snapshot, Token


class BrowserCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """What a portal learns of a certificate after consent."""

    thumbprint: str
    use: CertificateUse
    organisation: str
    uscc: str | None
    issuer: str
    serial: str
    not_before: dt.datetime
    not_after: dt.datetime
    days_left: int
    status: CertificateStatus
    text: str


class BrowserCertificates(Large, frozen=True, kw_only=True):
    """The answer to ``browser.certificates``."""

    certificates: tuple[BrowserCertificate, ...]


class ExtensionToken(msgspec.Struct, frozen=True, kw_only=True):
    """One token, as the extension's popup shows it."""

    label: str
    certificates: tuple[BrowserCertificate, ...]


class ExtensionOverview(Large, frozen=True, kw_only=True):
    """The answer to ``browser.overview``."""

    agent: str
    """The agent's version."""
    tokens: tuple[ExtensionToken, ...]
    problems: tuple[ProblemView, ...]


class BrowserRenewal(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``browser.renew`` and ``browser.renewal``: states only."""

    id: str
    state: str
    waiting: str | None


def browser_certificates(
    token: Token, now: dt.datetime, language: Language, known: Known
) -> list[BrowserCertificate]:
    """Return what a portal may know of the certificates of a token's pairs."""
    shown = BrowserCertificate.__struct_fields__
    views = (
        certificate_view(held, now, language, known, place)
        for held, place in places(token.certificates, now)
        if place.pair is not None
    )
    return [BrowserCertificate(**{name: getattr(view, name) for name in shown}) for view in views]


def extension_overview(
    snapshot: Snapshot, now: dt.datetime, language: Language, known: Known
) -> ExtensionOverview:
    """Return what is plugged in as the popup shows it."""
    return ExtensionOverview(
        agent=__version__,
        tokens=tuple(
            ExtensionToken(
                label=token.facts.label,
                certificates=tuple(browser_certificates(token, now, language, known)),
            )
            for token in snapshot.tokens
        ),
        problems=tuple(problem_view(problem) for problem in snapshot.problems),
    )


def browser_renewal(renewal: Renewal) -> BrowserRenewal:
    """Return what a portal may know of a renewal."""
    return BrowserRenewal(
        id=renewal.id,
        state=renewal.state.value,
        waiting=renewal.waiting.value if renewal.waiting else None,
    )
