"""What a reviewer is shown of one application: gathered from the database, verified anew."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import msgspec
from cryptography import x509

from agent.certificates.parsing import parse_certificate
from agent.keys.certified import key_of
from agent.renewals.authorities.ra_protocol import (
    Applicant,
    DocumentDigest,
    DocumentName,
    Manifest,
    Remark,
)
from sandbox.authority.ledger import Ledger, current_version, manifest_of
from sandbox.authority.review import ApplicationSummary, Review
from sandbox.authority.rules.cms import verify_signed_data
from sandbox.authority.rules.days import china_date
from sandbox.authority.rules.message_forms import MANIFEST_TYPES
from sandbox.authority.rules.records import Application, IssuedCertificate, Version
from sandbox.authority.store import Transaction
from sandbox.problems import RefusalError


@dataclass(frozen=True)
class Verdict:
    """What verifying the CMS once more said."""

    valid: bool
    reason: str
    signer: str
    signed_at: dt.datetime


@dataclass(frozen=True)
class Scan:
    """One scan the manifest names."""

    digest: DocumentDigest
    uploaded: bool


@dataclass(frozen=True)
class CertificateFacts:
    """A certificate in words."""

    subject: str
    serial: str
    sha256: str
    key: str
    not_before: dt.datetime
    not_after: dt.datetime
    expired_days: int | None
    revoked: bool


@dataclass(frozen=True)
class Dossier:
    """One application as the reviewer sees it."""

    summary: ApplicationSummary
    manifest: Manifest
    verdict: Verdict
    scans: dict[DocumentName, Scan]
    recipient: str
    """``none``, ``current`` or ``fresh``."""
    earlier_remarks: tuple[Remark, ...]
    """On the version before this one."""
    old: CertificateFacts | None
    new_signing: CertificateFacts | None
    new_encryption: CertificateFacts | None
    """Until installation is confirmed."""

    @property
    def applicant(self) -> Applicant | None:
        return self.manifest.applicant


class Dossiers:
    """The reviewer's reading desk."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._review = Review(ledger)

    def dossier(self, application: str) -> Dossier:
        """Return all there is to see of an application.

        Raises:
            RefusalError: NOT_FOUND.
        """
        with self._ledger.store.transaction() as transaction:
            found = self._review.found(transaction, application)
            version = current_version(transaction, found)
            manifest = manifest_of(version)
            present = transaction.document_hashes(found.id)
            envelope = transaction.envelope(found.id)
            return Dossier(
                summary=self._review.summary(transaction, found),
                manifest=manifest,
                verdict=_verdict(transaction, version, manifest),
                scans={
                    name: Scan(digest, digest.sha256 in present)
                    for name, digest in manifest.documents.items()
                },
                recipient=_recipient(transaction, manifest),
                earlier_remarks=_earlier_remarks(transaction, found),
                old=self._facts(transaction, found.certificate_sha256),
                new_signing=self._facts(transaction, found.issued_sha256),
                new_encryption=self._facts(
                    transaction, envelope.certificate_sha256 if envelope else None
                ),
            )

    def scan(self, application: str, sha256: str) -> bytes | None:
        """Return a scan's content, or None."""
        with self._ledger.store.transaction() as transaction:
            return transaction.document(application, sha256)

    def _facts(self, transaction: Transaction, sha256: str | None) -> CertificateFacts | None:
        record = transaction.certificate(sha256) if sha256 else None
        return _facts(record, self._ledger.clock()) if record else None


def _verdict(transaction: Transaction, version: Version, manifest: Manifest) -> Verdict:
    signer, reason = "", ""
    try:
        signed = verify_signed_data(version.cms, MANIFEST_TYPES)
        record = transaction.certificate(signed.certificate_sha256)
        signer = record.organisation if record else ""
        if record is None or signed.certificate_sha256 != manifest.certificate_sha256:
            reason = "not signed with the certificate to renew"
        elif signed.content != version.manifest:
            reason = "another manifest was signed"
    except RefusalError as refusal:
        reason = str(refusal)
    return Verdict(not reason, reason, signer, manifest.created)


def _recipient(transaction: Transaction, manifest: Manifest) -> str:
    if manifest.encryption_recipient is None:
        return "none"
    known = transaction.certificates_with_key(manifest.encryption_recipient)
    return "current" if known else "fresh"


def _earlier_remarks(transaction: Transaction, application: Application) -> tuple[Remark, ...]:
    earlier = transaction.version(application.id, application.version - 1)
    return msgspec.json.decode(earlier.remarks, type=tuple[Remark, ...]) if earlier else ()


def _facts(record: IssuedCertificate, now: dt.datetime) -> CertificateFacts:
    certificate = x509.load_der_x509_certificate(record.der)
    return CertificateFacts(
        subject=parse_certificate(record.der).subject,
        serial=f"{certificate.serial_number:X}",
        sha256=record.sha256,
        key=key_of(certificate).kind.replace(":", " ").upper(),
        not_before=certificate.not_valid_before_utc,
        not_after=record.not_after,
        expired_days=_expired_days(record.not_after, now),
        revoked=record.revoked_at is not None,
    )


def _expired_days(not_after: dt.datetime, now: dt.datetime) -> int | None:
    """Return the calendar days since expiry; None while it is valid."""
    return (china_date(now) - china_date(not_after)).days if now > not_after else None
