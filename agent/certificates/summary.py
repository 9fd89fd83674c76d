"""Many certificates in one glance: the worst state, and how many are in each. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agent.certificates.days import status_of
from agent.certificates.model import Certificate, CertificateStatus, CertificateUse
from agent.certificates.wording import days_text
from agent.language import Language

_WORST_FIRST = (
    CertificateStatus.EXPIRED,
    CertificateStatus.EXPIRING,
    CertificateStatus.NOT_YET_VALID,
    CertificateStatus.VALID,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a tray icon or a status line says."""

    counts: Counter[CertificateStatus]
    worst: CertificateStatus | None
    text: str
    """The worst certificate's days, in the asked language; empty without certificates."""


def summarise(certificates: Sequence[Certificate], now: dt.datetime, language: Language) -> Summary:
    """Sum up the certificates in use: a predecessor whose successor is there does not count."""
    current = current_certificates(certificates)
    counts = Counter(status_of(certificate, now) for certificate in current)
    worst = next((status for status in _WORST_FIRST if counts[status]), None)
    if worst is None:
        return Summary(counts, None, "")
    first_to_end = min(
        (c for c in current if status_of(c, now) is worst), key=lambda c: c.not_after
    )
    return Summary(counts, worst, days_text(first_to_end, now, language))


def current_certificates(certificates: Sequence[Certificate]) -> list[Certificate]:
    """Return the newest certificate of each subject and use; CA certificates are not in use here."""
    newest: dict[tuple[str, CertificateUse], Certificate] = {}
    for certificate in certificates:
        if certificate.is_ca or certificate.use is CertificateUse.OTHER:
            continue
        key = (certificate.subject, certificate.use)
        if key not in newest or certificate.not_after > newest[key].not_after:
            newest[key] = certificate
    return list(newest.values())
