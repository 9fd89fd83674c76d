"""The applicant's side of an application: apply, bring scans, complete, amend, confirm, withdraw.

Every call may be repeated: a client that was killed between asking and hearing the answer asks
again and hears the same.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid

import msgspec

from agent.renewals.authorities.ra_protocol import (
    ApplicationState,
    ApplicationStatus,
    DocumentDigest,
    DocumentName,
    ProblemCode,
)
from agent.renewals.steps.working_days import add_working_days
from sandbox.authority.ledger import (
    Ledger,
    check_secret,
    current_version,
    manifest_of,
    missing_documents,
    status_of,
)
from sandbox.authority.rules.cms import verify_signed_data
from sandbox.authority.rules.days import china_date
from sandbox.authority.rules.lifecycle import Event
from sandbox.authority.rules.manifest_check import Expected, Submission, check_submission
from sandbox.authority.rules.message_forms import MANIFEST_TYPES, amending_types, opening_types
from sandbox.authority.rules.records import Application, Version
from sandbox.authority.rules.scans import media_type
from sandbox.authority.store import Transaction
from sandbox.problems import RefusalError

_COMPLETED = frozenset(
    {
        ApplicationState.REVIEWING,
        ApplicationState.APPROVED,
        ApplicationState.RELEASED,
        ApplicationState.INSTALLED,
    }
)


class Applications:
    """The calls of ``/ra/v1/applications`` but those about SMS codes."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def apply(self, application: str, secret: str, cms_der: bytes) -> ApplicationStatus:
        """Open an application; the same body again gets the same answer.

        Raises:
            RefusalError: ALREADY_OPEN names the other application; STALE_VERSION when this one was
                opened with another body; else whatever :func:`check_submission` refuses.
        """
        _check_uuid(application)
        with self._ledger.store.transaction() as transaction:
            found = transaction.application(application)
            if found is not None:
                check_secret(found, secret)
                found = self._ledger.settled(transaction, found)
                _check_repeated(transaction, found, 1, cms_der)
                return status_of(transaction, found)
            opened = self._opened(transaction, application, secret, cms_der)
            return status_of(transaction, opened)

    def status(self, application: str, secret: str) -> ApplicationStatus:
        """Return where the application stands."""
        with self._ledger.owned(application, secret) as (transaction, found):
            return status_of(transaction, found)

    def store_document(
        self, application: str, secret: str, name: DocumentName, content: bytes
    ) -> ApplicationStatus:
        """Take a scan, which must be the one the manifest names.

        Raises:
            RefusalError: DOCUMENT_MISMATCH; NOT_FOUND when the manifest has no such scan.
        """
        with self._ledger.owned(application, secret) as (transaction, found):
            version = current_version(transaction, found)
            digest = manifest_of(version).documents.get(name)
            if digest is None:
                raise RefusalError(ProblemCode.NOT_FOUND, f"the manifest names no {name}")
            _check_document(name, digest, content)
            if found.state is not ApplicationState.OPEN:
                # Repeated after a lost answer: the scan is here already.
                if digest.sha256 not in transaction.document_hashes(application):
                    raise RefusalError(ProblemCode.WRONG_STATE, f"no scans while {found.state}")
                return status_of(transaction, found)
            transaction.save_document(application, digest.sha256, content)
            return status_of(transaction, found)

    def complete(self, application: str, secret: str) -> ApplicationStatus:
        """Hand the application to the reviewer.

        Raises:
            RefusalError: INCOMPLETE names the scans still missing.
        """
        with self._ledger.owned(application, secret) as (transaction, found):
            if found.state in _COMPLETED:
                return status_of(transaction, found)
            if missing := missing_documents(transaction, found):
                raise RefusalError(ProblemCode.INCOMPLETE, f"missing: {', '.join(missing)}")
            days = self._ledger.rules.policy.review_working_days if found.dossier_required else 0
            expected = add_working_days(china_date(self._ledger.clock()), days)
            promised = msgspec.structs.replace(found, expected_by=expected)
            moved = self._ledger.move(transaction, promised, Event.COMPLETE)
            return status_of(transaction, moved)

    def amend(
        self, application: str, secret: str, version: int, cms_der: bytes
    ) -> ApplicationStatus:
        """Replace the submission by its next version.

        Raises:
            RefusalError: STALE_VERSION for anything but the next one; WRONG_STATE while it is
                reviewed or after.
        """
        with self._ledger.owned(application, secret) as (transaction, found):
            if version <= found.version:
                _check_repeated(transaction, found, version, cms_der)
                return status_of(transaction, found)
            expected = self._expected(found, secret)
            if version != expected.version:
                raise RefusalError(
                    ProblemCode.STALE_VERSION, f"version {expected.version} is due now"
                )
            moved = self._ledger.move(transaction, found, Event.AMEND)
            policy = self._ledger.rules.policy
            begun = _content_type(transaction.version(found.id, 1))
            signed = verify_signed_data(cms_der, amending_types(self._ledger.rules, begun))
            submission = check_submission(signed, expected, policy, transaction)
            if submission.certificate.sha256 != found.certificate_sha256:
                raise RefusalError(
                    ProblemCode.UNKNOWN_CERTIFICATE, "not the certificate of this application"
                )
            amended = msgspec.structs.replace(
                moved, version=version, phone=_phone(submission), expected_by=None
            )
            _save(transaction, amended, submission, cms_der)
            return status_of(transaction, amended)

    def installed(self, application: str, secret: str) -> ApplicationStatus:
        """Take the client's word that the new certificate is on its token: the old one is done.

        Raises:
            RefusalError: WRONG_STATE when a certificate was not fetched.
        """
        with self._ledger.owned(application, secret) as (transaction, found):
            if found.state is ApplicationState.INSTALLED:
                return status_of(transaction, found)
            _check_fetched(transaction, found)
            return status_of(transaction, self._ledger.move(transaction, found, Event.INSTALL))

    def withdraw(self, application: str, secret: str) -> ApplicationStatus:
        """Close the application at its owner's wish."""
        with self._ledger.owned(application, secret) as (transaction, found):
            if found.state is ApplicationState.WITHDRAWN:
                return status_of(transaction, found)
            return status_of(transaction, self._ledger.move(transaction, found, Event.WITHDRAW))

    def _expected(self, found: Application, secret: str) -> Expected:
        return Expected(
            found.id, found.version + 1, secret, self._ledger.rules.audiences, found.opened_at
        )

    def _opened(
        self, transaction: Transaction, application: str, secret: str, cms_der: bytes
    ) -> Application:
        now = self._ledger.clock()
        policy = self._ledger.rules.policy
        signed = verify_signed_data(cms_der, opening_types(self._ledger.rules, now))
        # Before "is it the newest": a certificate fetched and not yet confirmed is newer.
        self._check_none_open(transaction, signed.certificate_sha256)
        expected = Expected(application, 1, secret, self._ledger.rules.audiences, now)
        submission = check_submission(signed, expected, policy, transaction)
        opened = Application(
            id=application,
            secret_sha256=submission.manifest.secret_sha256,
            certificate_sha256=submission.certificate.sha256,
            state=ApplicationState.OPEN,
            version=1,
            opened_at=now,
            dossier_required=submission.dossier_required,
            sms_required=policy.sms,
            phone=_phone(submission),
        )
        opened = self._ledger.with_timer(opened, now)
        _save(transaction, opened, submission, cms_der)
        return opened

    def _check_none_open(self, transaction: Transaction, certificate_sha256: str) -> None:
        for other in transaction.open_applications(certificate_sha256):
            # Its time may be up without anyone having asked since.
            if self._ledger.settled(transaction, other).state is not ApplicationState.EXPIRED:
                raise RefusalError(ProblemCode.ALREADY_OPEN, application=other.id)


def _save(
    transaction: Transaction, application: Application, submission: Submission, cms_der: bytes
) -> None:
    transaction.save_application(application)
    transaction.save_version(
        Version(
            application=application.id,
            version=application.version,
            cms_sha256=hashlib.sha256(cms_der).hexdigest(),
            cms=cms_der,
            manifest=submission.manifest_json,
        )
    )


def _content_type(version: Version | None) -> str:
    """Return what a version that was taken was signed as."""
    assert version is not None, "saved in the same transaction as its application"
    return verify_signed_data(version.cms, MANIFEST_TYPES).content_type


def _check_fetched(transaction: Transaction, application: Application) -> None:
    if application.issued_sha256 is None:
        raise RefusalError(ProblemCode.WRONG_STATE, "no certificate was fetched yet")
    manifest = manifest_of(current_version(transaction, application))
    wanted = manifest.encryption_recipient is not None
    if wanted and transaction.envelope(application.id) is None:
        raise RefusalError(
            ProblemCode.WRONG_STATE, "the encryption certificate was not fetched yet"
        )


def _phone(submission: Submission) -> str:
    applicant = submission.manifest.applicant
    return (applicant.phone if applicant else "") or submission.certificate.phone


def _check_uuid(application: str) -> None:
    try:
        canonical = str(uuid.UUID(application))
    except ValueError:
        canonical = ""
    if canonical != application:
        raise RefusalError(ProblemCode.MALFORMED, "an application is named by a lower-case UUID")


def _check_repeated(
    transaction: Transaction, application: Application, number: int, cms_der: bytes
) -> None:
    """Accept only the very bytes that made version ``number``, and only while it counts."""
    version = transaction.version(application.id, number)
    given = hashlib.sha256(cms_der).hexdigest()
    if version is None or not hmac.compare_digest(version.cms_sha256, given):
        raise RefusalError(
            ProblemCode.STALE_VERSION, f"the authority has version {application.version}"
        )
    if number != application.version:
        raise RefusalError(ProblemCode.STALE_VERSION, f"version {application.version} is newer")


def _check_document(name: DocumentName, digest: DocumentDigest, content: bytes) -> None:
    if len(content) != digest.size:
        raise RefusalError(
            ProblemCode.DOCUMENT_MISMATCH, f"{name}: {len(content)} bytes, not {digest.size}"
        )
    if hashlib.sha256(content).hexdigest() != digest.sha256:
        raise RefusalError(ProblemCode.DOCUMENT_MISMATCH, f"{name}: another SHA-256")
    if media_type(content) != digest.media_type:
        raise RefusalError(ProblemCode.DOCUMENT_MISMATCH, f"{name}: not {digest.media_type}")
