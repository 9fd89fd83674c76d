"""How a certificate's days are said on screen."""

from __future__ import annotations

import datetime as dt

from agent.certificates.chain import Chain, ChainState
from agent.certificates.china_time import china_date
from agent.certificates.days import CertificateStatus, days_left, is_expired
from agent.certificates.model import Certificate, Oddity
from agent.ground.language import Language, mark, translate, translate_count


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

CHAIN_TEXT = {
    ChainState.TRUSTED: mark("issued by the trusted authority {about}"),
    ChainState.ISSUER_EXPIRED: mark("the issuer's certificate has expired: {about}"),
    ChainState.UNTRUSTED_ROOT: mark(
        "the root certificate is not trusted on this computer: {about}"
    ),
    ChainState.ISSUER_UNFIT: mark("the issuer must not issue such certificates: {about}"),
    ChainState.UNCHECKED: mark("the signature cannot be checked here; issuer: {about}"),
    ChainState.INCOMPLETE: mark("the issuer's certificate is missing: {about}"),
    ChainState.BAD_SIGNATURE: mark("the issuer's signature is not right: {about}"),
}

ODDITY_TEXT = {
    Oddity.TRAILING_BYTES: mark("there are bytes behind it"),
    Oddity.SERIAL: mark("the serial number is negative or too long"),
    Oddity.TIME: mark("a date is not written as it must be"),
    Oddity.NAME: mark("a name can be read in part only"),
    Oddity.TEXT: mark("a name is in the wrong encoding"),
    Oddity.HIDDEN_CHARACTERS: mark("a name has hidden characters"),
    Oddity.LONG_NAME: mark("the name is too long and was cut"),
    Oddity.EXTENSION: mark("an extension cannot be read"),
    Oddity.DUPLICATE_EXTENSION: mark("an extension is there twice"),
    Oddity.REFUSED: mark("other programs may refuse it"),
}


def chain_text(chain: Chain, language: Language) -> str:
    """Return how the search for a trusted authority ended, as one phrase."""
    return translate(CHAIN_TEXT[chain.state], language, about=chain.about)


def damage_text(certificate: Certificate, language: Language) -> str:
    """Return what is wrong in the certificate's bytes; empty where nothing is."""
    if not certificate.is_damaged:
        return ""
    found = [translate(ODDITY_TEXT[o], language) for o in Oddity if o in certificate.oddities]
    return translate(mark("damaged certificate: {what}"), language, what="; ".join(found))
