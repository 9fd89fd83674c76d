"""From the shapes inside to the shapes clients see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import msgspec

from agent.api.known import Known
from agent.api.views.licences import LicenceView
from agent.api.views.tokens import (
    BrowserCertificate,
    BrowserRenewal,
    CertificateView,
    ChainView,
    PinPrompt,
    ProblemView,
    RenewalView,
    TokenList,
    TokenView,
)
from agent.certificates.chain import Chain
from agent.certificates.days import days_left, status_of
from agent.certificates.model import Oddity
from agent.certificates.organisation import identity_of
from agent.certificates.pairs import Pair, group
from agent.certificates.wording import chain_text, damage_text, days_text
from agent.ground.language import Language
from agent.renewals.journal.record import Renewal
from agent.renewals.licences.item import LicenceItem
from agent.renewals.licences.wording import licence_text
from agent.renewals.wording import renewal_text
from agent.tokens.pin_sessions import AskedPin
from agent.tokens.snapshot import HeldCertificate, Problem, Snapshot, Token


def certificate_view(
    held: HeldCertificate, now: dt.datetime, language: Language, known: Known, place: Place
) -> CertificateView:
    """Return a certificate as clients see it."""
    certificate = held.certificate
    identity = identity_of(certificate, known.identity_oids)
    return CertificateView(
        thumbprint=certificate.thumbprint,
        use=certificate.use,
        subject=certificate.subject,
        organisation=certificate.organisation,
        uscc=identity.uscc,
        entity_id=identity.entity_id,
        issuer=certificate.issuer,
        serial=certificate.serial,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        days_left=days_left(certificate.not_after, now),
        status=status_of(certificate, now),
        text=days_text(certificate, now, language),
        algorithm=certificate.algorithm,
        has_private_key=held.has_private_key,
        is_current=place.is_current,
        pair=place.pair,
        renewed_by=place.renewed_by,
        oddities=tuple(oddity for oddity in Oddity if oddity in certificate.oddities),
        damage_text=damage_text(certificate, language),
    )


def browser_certificates(
    token: Token, now: dt.datetime, language: Language, known: Known
) -> list[BrowserCertificate]:
    """Return what a portal may know of the certificates of a token's pairs."""
    shown = BrowserCertificate.__struct_fields__
    views = (
        certificate_view(held, now, language, known, place)
        for held, place in places(token, now)
        if place.pair is not None
    )
    return [BrowserCertificate(**{name: getattr(view, name) for name in shown}) for view in views]


def token_view(token: Token, now: dt.datetime, language: Language, known: Known) -> TokenView:
    """Return a token as clients see it; where ``known`` has a trust store, with chains."""
    facts = token.facts
    listed = places(token, now)
    views = [certificate_view(held, now, language, known, place) for held, place in listed]
    if known.trust is not None:
        chains = known.trust.chains([held.certificate for held, _ in listed], now)
        views = [
            msgspec.structs.replace(view, chain=_chain_view(chain, language))
            for view, chain in zip(views, chains, strict=True)
        ]
    return TokenView(
        label=facts.label,
        serial=facts.serial,
        model=facts.model,
        manufacturer=facts.manufacturer,
        module=token.reference.module,
        slot=facts.slot,
        pin_state=facts.pin_state,
        certificates=tuple(views),
    )


def _chain_view(chain: Chain, language: Language) -> ChainView:
    return ChainView(
        state=chain.state,
        text=chain_text(chain, language),
        path=tuple(certificate.subject for certificate in chain.path),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a certificate stands among its token's."""

    pair: int | None = None
    is_current: bool = False
    renewed_by: str | None = None


def places(token: Token, now: dt.datetime) -> list[tuple[HeldCertificate, Place]]:
    """Return a token's certificates as the guide shows them: pair by pair, signing first, then history.

    CA certificates and others come last.
    """
    grouping = group(token.certificates, now)
    paired = [
        (held, _place(number, pair, held))
        for number, pair in enumerate(grouping.pairs, 1)
        for held in pair.all
    ]
    return paired + [(held, Place()) for held in grouping.others + grouping.authorities]


def _place(number: int, pair: Pair[HeldCertificate], held: HeldCertificate) -> Place:
    if not any(held is current for current in pair.in_use):
        return Place(number)
    use = held.certificate.use
    successor = next((s for s in pair.successors if s.certificate.use is use), None)
    return Place(number, True, successor.certificate.thumbprint if successor else None)


def problem_view(problem: Problem) -> ProblemView:
    """Return a problem as clients see it."""
    report = problem.report
    return ProblemView(
        module=problem.module,
        code=report.code,
        message=report.message,
        message_zh=report.message_zh,
    )


def token_list(snapshot: Snapshot, now: dt.datetime, language: Language, known: Known) -> TokenList:
    """Return everything that is plugged in."""
    return TokenList(
        tokens=tuple(token_view(token, now, language, known) for token in snapshot.tokens),
        problems=tuple(problem_view(problem) for problem in snapshot.problems),
    )


def pin_prompt(asked: AskedPin) -> PinPrompt:
    """Return what who enters a PIN has to know."""
    offer, token = asked.offer, asked.wish.token
    return PinPrompt(
        endpoint=offer.endpoint,
        token_label=token.label,
        token_serial=token.serial,
        pin_state=offer.pin_state,
        purpose=asked.wish.purpose,
        has_pin_pad=offer.has_pin_pad,
        pin_limits=offer.pin_limits,
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
        code_sent=renewal.code_sent,
        error=error.code if error else None,
        error_text=_in_language(error.message, error.message_zh, language) if error else "",
        advice_text=_in_language(error.advice, error.advice_zh, language) if error else "",
        new_thumbprint=renewal.new_thumbprint,
        origin=renewal.origin,
    )


def licence_view(item: LicenceItem, language: Language, *, has_image: bool = False) -> LicenceView:
    """Return an organisation's licence as clients see it, its picture only where it is wanted."""
    error, licence = item.error, item.licence
    view = LicenceView(
        uscc=item.uscc,
        organisation=item.organisation,
        text=licence_text(item, language),
        fetched=item.fetched,
        tried=item.tried,
        error=error.code if error else None,
        error_text=_in_language(error.message, error.message_zh, language) if error else "",
        advice_text=_in_language(error.advice, error.advice_zh, language) if error else "",
    )
    if licence is None:
        return view
    return msgspec.structs.replace(
        view,
        name=licence.name,
        legal_representative=licence.legal_representative,
        address=licence.address,
        valid_from=licence.valid_from,
        valid_to=licence.valid_to,
        updated=licence.updated,
        image=licence.image if has_image else None,
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
