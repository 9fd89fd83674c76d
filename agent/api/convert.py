"""From the shapes inside to the shapes clients see."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.api.views import (
    BrowserCertificate,
    BrowserRenewal,
    CertificateView,
    ProblemView,
    RenewalView,
    TokenList,
    TokenView,
)
from agent.certificates.days import days_left, status_of
from agent.certificates.model import CertificateUse
from agent.certificates.wording import days_text
from agent.language import Language
from agent.renewals.record import Renewal
from agent.renewals.wording import renewal_text
from agent.tokens.snapshot import HeldCertificate, Problem, Snapshot, Token


def certificate_view(
    held: HeldCertificate, now: dt.datetime, language: Language
) -> CertificateView:
    """Return a certificate as clients see it."""
    certificate = held.certificate
    return CertificateView(
        thumbprint=certificate.thumbprint,
        use=certificate.use,
        subject=certificate.subject,
        organisation=certificate.organisation,
        uscc=certificate.uscc,
        issuer=certificate.issuer,
        serial=certificate.serial,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        days_left=days_left(certificate.not_after, now),
        status=status_of(certificate, now),
        text=days_text(certificate, now, language),
        algorithm=certificate.algorithm,
        has_private_key=held.has_private_key,
    )


def browser_certificate(
    held: HeldCertificate, now: dt.datetime, language: Language
) -> BrowserCertificate:
    """Return what a portal may know of a certificate."""
    view = certificate_view(held, now, language)
    shown = BrowserCertificate.__struct_fields__
    return BrowserCertificate(**{name: getattr(view, name) for name in shown})


def token_view(token: Token, now: dt.datetime, language: Language) -> TokenView:
    """Return a token as clients see it."""
    facts = token.facts
    return TokenView(
        label=facts.label,
        serial=facts.serial,
        model=facts.model,
        manufacturer=facts.manufacturer,
        module=token.reference.module,
        slot=facts.slot,
        pin_state=facts.pin_state,
        certificates=tuple(certificate_view(c, now, language) for c in as_shown(token)),
    )


def as_shown(token: Token) -> list[HeldCertificate]:
    """Return a token's certificates as the guide shows them: signing first, the newest first."""
    uses = list(CertificateUse)

    def place(held: HeldCertificate) -> tuple[str, int, float]:
        certificate = held.certificate
        newest_first = -certificate.not_after.timestamp()
        return certificate.subject, uses.index(certificate.use), newest_first

    return sorted(token.certificates, key=place)


def problem_view(problem: Problem) -> ProblemView:
    """Return a problem as clients see it."""
    report = problem.report
    return ProblemView(
        module=problem.module,
        code=report.code,
        message=report.message,
        message_zh=report.message_zh,
    )


def token_list(snapshot: Snapshot, now: dt.datetime, language: Language) -> TokenList:
    """Return everything that is plugged in."""
    return TokenList(
        tokens=tuple(token_view(token, now, language) for token in snapshot.tokens),
        problems=tuple(problem_view(problem) for problem in snapshot.problems),
    )


def renewal_view(renewal: Renewal, language: Language) -> RenewalView:
    """Return a renewal as clients see it: nothing of its private part."""
    error = renewal.error
    return RenewalView(
        id=renewal.id,
        thumbprint=renewal.thumbprint,
        organisation=renewal.organisation,
        authority=renewal.authority,
        state=renewal.state.value,
        waiting=renewal.waiting.value if renewal.waiting else None,
        text=renewal_text(renewal, language),
        created=renewal.created,
        updated=renewal.updated,
        remarks=tuple(msgspec.to_builtins(remark) for remark in renewal.private.remarks),
        expected_by=renewal.expected_by,
        phone_hint=renewal.private.phone_hint,
        error=error.code if error else None,
        error_text=_in_language(error.message, error.message_zh, language) if error else "",
        new_thumbprint=renewal.new_thumbprint,
    )


def browser_renewal(renewal: Renewal) -> BrowserRenewal:
    """Return what a portal may know of a renewal."""
    return BrowserRenewal(
        id=renewal.id,
        state=renewal.state.value,
        waiting=renewal.waiting.value if renewal.waiting else None,
    )


def _in_language(english: str, chinese: str, language: Language) -> str:
    return chinese if language is Language.ZH else english
