"""How a certificate's days are said on screen."""

from __future__ import annotations

import datetime as dt

from agent.certificates.days import china_date, days_left, is_expired
from agent.certificates.model import Certificate, CertificateStatus
from agent.language import Language, mark, translate, translate_count


def validity_text(certificate: Certificate) -> str:
    """Return the guide's 有效期 such as ``2021-07-01 到 2022-07-20`` as two ISO dates of China."""
    return f"{china_date(certificate.not_before)} – {china_date(certificate.not_after)}"


def days_text(certificate: Certificate, now: dt.datetime, language: Language) -> str:
    """Return one short phrase for how long ``certificate`` still is, or has ceased to be, valid."""
    days = days_left(certificate.not_after, now)
    if is_expired(certificate.not_after, now):
        if days == 0:
            return translate(mark("expired today"), language)
        return translate_count(
            "expired {count} day ago", "expired {count} days ago", -days, language
        )
    if now < certificate.not_before:
        return translate(
            mark("valid from {date}"), language, date=china_date(certificate.not_before)
        )
    if days == 0:
        return translate(mark("expires today"), language)
    return translate_count("{count} day left", "{count} days left", days, language)


STATUS_TEXT = {
    CertificateStatus.NOT_YET_VALID: mark("not yet valid"),
    CertificateStatus.VALID: mark("valid"),
    CertificateStatus.EXPIRING: mark("expires soon"),
    CertificateStatus.EXPIRED: mark("expired certificate"),
}
