"""Issuing a token: an organisation's pair of keys and certificates on a token."""

from __future__ import annotations

import datetime as dt
import hashlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.authority.ca import Authority
from sandbox.authority.rules.certificate_draft import Validity
from sandbox.authority.rules.days import china_date, end_of_day, start_of_day, years_later
from sandbox.authority.rules.profiles import CertificateUse, Organisation
from sandbox.authority.rules.records import IssuedCertificate
from sandbox.authority.store import Store
from sandbox.desk.writing import WritableCard
from sandbox.private_keys import new_key

DEFAULT_LABEL = "ODC-USBKEY"
PHONE_ON_RECORD = "13800000000"
_LABELS = {CertificateUse.SIGNING: "sign", CertificateUse.ENCRYPTION: "encrypt"}


@dataclass(frozen=True, kw_only=True)
class TokenOrder:
    """What to put on a token, and how that token is reached."""

    organisation: Organisation
    validity: Validity
    module: Path
    configuration: Path | None = None
    """SoftHSM's configuration of the token; None where the token is a device."""
    skf_socket: str | None = None
    """Where the process of an SKF token listens; None of any other token."""
    label: str = DEFAULT_LABEL
    phone: str = PHONE_ON_RECORD


class IssuedToken(msgspec.Struct, frozen=True, kw_only=True):
    """What was made."""

    configuration: str | None
    """The file SOFTHSM2_CONF must name for a software token to be seen."""
    skf_socket: str | None
    """What ODC_SKF_SOCKET must say for an SKF token to be seen."""
    module: str
    label: str
    signing_sha256: str
    encryption_sha256: str
    not_before: dt.datetime
    not_after: dt.datetime


def issue_token(
    order: TokenOrder,
    card: AbstractContextManager[WritableCard],
    *,
    authority: Authority,
    store: Store,
) -> IssuedToken:
    """Put an organisation's pair on the token ``card`` opens, and record what was issued.

    The signing key is generated on the token; the encryption key is made here, as a key centre
    does, imported and forgotten.

    Raises:
        SandboxError: the token cannot be made or written; nothing is recorded then.
    """
    with card as opened:
        issued = {
            use: _put_on_card(opened, use, order.organisation, order.validity, authority)
            for use in CertificateUse
        }
    records = {
        use: record_of(certificate, use, order.organisation, order.phone)
        for use, certificate in issued.items()
    }
    with store.transaction() as transaction:
        for record in records.values():
            transaction.add_certificate(record)
    return IssuedToken(
        configuration=str(order.configuration) if order.configuration else None,
        skf_socket=order.skf_socket,
        module=str(order.module),
        label=order.label,
        signing_sha256=records[CertificateUse.SIGNING].sha256,
        encryption_sha256=records[CertificateUse.ENCRYPTION].sha256,
        not_before=order.validity.not_before,
        not_after=order.validity.not_after,
    )


def expired_validity(days: int, now: dt.datetime) -> Validity:
    """Return a year that ended ``days`` calendar days of China ago (0: today, at midnight).

    It ends with the last second of its day where that is over, so that every moment of today
    counts the same number of days.
    """
    today = china_date(now)
    last = today - dt.timedelta(days=days)
    not_after = end_of_day(last) if last < today else start_of_day(today)
    return Validity(start_of_day(years_later(last, -1)), not_after)


def remaining_validity(days: int, now: dt.datetime) -> Validity:
    """Return a validity that ends in ``days`` calendar days of China (0: with today)."""
    today = china_date(now)
    last = today + dt.timedelta(days=days)
    return Validity(start_of_day(min(years_later(last, -1), today)), end_of_day(last))


def _put_on_card(
    card: WritableCard,
    use: CertificateUse,
    organisation: Organisation,
    validity: Validity,
    authority: Authority,
) -> x509.Certificate:
    label = _LABELS[use]
    if use is CertificateUse.SIGNING:
        generated = card.generate_key(label)
        key_id, public_key = generated.key_id, generated.public_key
    else:
        private_key = new_key(card.encryption_kind)
        key_id, public_key = card.import_key(private_key, label), private_key.public
    certificate = authority.issue(organisation, use, public_key, validity)
    card.write_certificate(certificate, key_id, label)
    return certificate


def record_of(
    certificate: x509.Certificate, use: CertificateUse, organisation: Organisation, phone: str
) -> IssuedCertificate:
    """Return what the authority keeps of a certificate it has issued."""
    der = certificate.public_bytes(Encoding.DER)
    return IssuedCertificate(
        sha256=hashlib.sha256(der).hexdigest(),
        use=use,
        organisation=organisation.name,
        uscc=organisation.uscc,
        phone=phone,
        not_after=certificate.not_valid_after_utc,
        der=der,
    )
