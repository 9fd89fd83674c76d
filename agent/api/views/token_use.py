"""What a window shows of a page's wish to have a token used."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.certificates.wording import days_text
from agent.ground.errors import OdcError
from agent.ground.language import Language
from agent.ground.reports import ErrorReport
from agent.portal_signing.candidates import Candidate
from agent.portal_signing.model import ShownItem


class CandidateView(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that could be used, and whether it can."""

    thumbprint: str
    organisation: str
    authority: str
    """Who issued it."""
    not_after: dt.datetime
    text: str
    """How long it still is, or is no longer, valid, in the user's language."""
    token_label: str
    problem: ErrorReport | None
    """Why it does not serve."""


class TokenUseView(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done, and with what."""

    candidates: tuple[CandidateView, ...]
    """Those that serve come first."""
    problem: ErrorReport | None
    """Why nothing can be done now: no token, or none of the certificates serves."""
    shown: tuple[ShownItem, ...]
    is_allowed: bool
    """That the site asks was allowed for good, by the user or the administrator."""
    may_be_allowed: bool
    """It can be."""


def token_use_view(
    found: tuple[Candidate, ...],
    problem: OdcError | None,
    shown: tuple[ShownItem, ...],
    *,
    is_allowed: bool,
    may_be_allowed: bool,
    now: dt.datetime,
    language: Language,
) -> TokenUseView:
    """Return what a person has to know before the PIN is typed."""
    return TokenUseView(
        candidates=tuple(_candidate_view(candidate, now, language) for candidate in found),
        problem=problem.report() if problem else None,
        shown=shown,
        is_allowed=is_allowed,
        may_be_allowed=may_be_allowed,
    )


def _candidate_view(candidate: Candidate, now: dt.datetime, language: Language) -> CandidateView:
    certificate = candidate.held.certificate
    return CandidateView(
        thumbprint=certificate.thumbprint,
        organisation=certificate.organisation or certificate.common_name,
        authority=certificate.authority or certificate.issuer,
        not_after=certificate.not_after,
        text=days_text(certificate, now, language),
        token_label=candidate.token.facts.label,
        problem=candidate.refusal.report() if candidate.refusal else None,
    )
