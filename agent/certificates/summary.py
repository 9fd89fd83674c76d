"""All pairs in one glance: the worst state, and how many are in each. Pure."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import msgspec

from agent.certificates.days import CertificateStatus, status_of
from agent.certificates.pairs import H, Pair
from agent.certificates.wording import days_text
from agent.ground.language import Language

_WORST_FIRST = (
    CertificateStatus.EXPIRED,
    CertificateStatus.EXPIRING,
    CertificateStatus.NOT_YET_VALID,
    CertificateStatus.VALID,
)


class Summary(msgspec.Struct, frozen=True):
    """What a tray icon or a status line says."""

    counts: Counter[CertificateStatus]
    """How many pairs are in each state."""
    worst: CertificateStatus | None
    text: str
    """The worst pair's days, in the asked language; empty without certificates."""


def summarise(pairs: Sequence[Pair[H]], now: dt.datetime, language: Language) -> Summary:
    """Sum up pairs, each by its leading certificate: what was renewed does not count."""
    counts = Counter(pair_status(pair, now) for pair in pairs)
    worst = next((status for status in _WORST_FIRST if counts[status]), None)
    if worst is None:
        return Summary(counts, None, "")
    leads = [pair.lead.certificate for pair in pairs if pair_status(pair, now) is worst]
    first_to_end = min(leads, key=lambda certificate: certificate.not_after)
    return Summary(counts, worst, days_text(first_to_end, now, language))


def pair_status(pair: Pair[H], now: dt.datetime) -> CertificateStatus:
    """Return where a pair stands; one whose successor waits on the token needs nobody's attention."""
    status = status_of(pair.lead.certificate, now)
    if status is CertificateStatus.EXPIRING and pair.successor is not None:
        return CertificateStatus.VALID
    return status
