"""What all calls on an application share: finding it, its owner, its timers, and changing its state."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from agent.renewals.authorities.ra_protocol import (
    ApplicationState,
    ApplicationStatus,
    DocumentName,
    Manifest,
    ProblemCode,
    Remark,
)
from sandbox.authority.rules.behaviour import Rules
from sandbox.authority.rules.days import Clock, utc_now
from sandbox.authority.rules.lifecycle import CLOSED, Event, after, timer
from sandbox.authority.rules.records import Application, Version
from sandbox.authority.store import Store, Transaction
from sandbox.problems import RefusalError


class Ledger:
    """The applications of one authority."""

    def __init__(self, store: Store, rules: Rules, clock: Clock = utc_now) -> None:
        self.store = store
        self.rules = rules
        self.clock = clock

    @contextmanager
    def owned(self, application: str, secret: str) -> Iterator[tuple[Transaction, Application]]:
        """Give a transaction with the application, as it stands now, to whoever knows its secret.

        Raises:
            RefusalError: NOT_FOUND, or UNAUTHORISED for a wrong secret.
        """
        with self.store.transaction() as transaction:
            found = transaction.application(application)
            if found is None:
                raise RefusalError(ProblemCode.NOT_FOUND, "no such application")
            check_secret(found, secret)
            yield transaction, self.settled(transaction, found)

    def settled(self, transaction: Transaction, application: Application) -> Application:
        """Let happen what was due by now, and return the application as it then stands."""
        while application.timer_at is not None and application.timer_at <= self.clock():
            assert application.timer_event is not None
            application = self.move(transaction, application, application.timer_event)
        return application

    def move(self, transaction: Transaction, application: Application, event: Event) -> Application:
        """Apply ``event``, with what it means for certificates, and return the application.

        Raises:
            RefusalError: WRONG_STATE.
        """
        now = self.clock()
        state = after(
            application.state,
            event,
            dossier_required=application.dossier_required,
            sms_required=application.sms_required,
        )
        moved = self.with_timer(msgspec.structs.replace(application, state=state), now)
        transaction.save_application(moved)
        if state is ApplicationState.INSTALLED:
            _supersede(transaction, application, now)
        elif state in CLOSED:
            _take_back(transaction, application, now)
        if state in CLOSED:
            transaction.delete_envelope(application.id)
        return moved

    def with_timer(self, application: Application, now: dt.datetime) -> Application:
        """Return ``application`` with the timer of the state it is in, set now."""
        due = timer(
            application.state,
            now,
            approve_after=self.rules.approve_after,
            lifetime=self.rules.lifetime,
        )
        timer_at, timer_event = due or (None, None)
        return msgspec.structs.replace(application, timer_at=timer_at, timer_event=timer_event)


def _supersede(transaction: Transaction, application: Application, now: dt.datetime) -> None:
    """Record that the old certificates are done: the new ones are on the token."""
    old = transaction.certificate(application.certificate_sha256)
    envelope = transaction.envelope(application.id)
    if old is not None and envelope is not None:
        for record in transaction.encryption_certificates(old.uscc):
            if record.sha256 != envelope.certificate_sha256:
                revoke(transaction, record.sha256, now)
    revoke(transaction, application.certificate_sha256, now)


def _take_back(transaction: Transaction, application: Application, now: dt.datetime) -> None:
    """Revoke what was handed out and never confirmed.

    Left valid, it would be the newest and bar the old one for ever.
    """
    envelope = transaction.envelope(application.id)
    if application.issued_sha256 is not None:
        revoke(transaction, application.issued_sha256, now)
    if envelope is not None:
        revoke(transaction, envelope.certificate_sha256, now)


def check_secret(application: Application, secret: str) -> None:
    """Raise UNAUTHORISED unless ``secret`` is the application's."""
    given = hashlib.sha256(secret.encode()).hexdigest()
    if not hmac.compare_digest(given, application.secret_sha256):
        raise RefusalError(ProblemCode.UNAUTHORISED)


def revoke(transaction: Transaction, sha256: str, now: dt.datetime) -> None:
    """Record that a certificate is no longer good."""
    certificate = transaction.certificate(sha256)
    if certificate is not None and certificate.revoked_at is None:
        transaction.save_certificate(msgspec.structs.replace(certificate, revoked_at=now))


def current_version(transaction: Transaction, application: Application) -> Version:
    """Return the submission that counts."""
    version = transaction.version(application.id, application.version)
    assert version is not None, "saved in the same transaction as its application"
    return version


def manifest_of(version: Version) -> Manifest:
    """Return the manifest that was checked when the version came in."""
    return msgspec.json.decode(version.manifest, type=Manifest)


def missing_documents(
    transaction: Transaction, application: Application
) -> tuple[DocumentName, ...]:
    """Return the scans the manifest names and nobody has sent, in any version, yet."""
    manifest = manifest_of(current_version(transaction, application))
    present = transaction.document_hashes(application.id)
    return tuple(
        name for name, digest in manifest.documents.items() if digest.sha256 not in present
    )


def status_of(transaction: Transaction, application: Application) -> ApplicationStatus:
    """Return what the applicant is told."""
    version = current_version(transaction, application)
    is_open = application.state is ApplicationState.OPEN
    rejected = application.state is ApplicationState.REJECTED
    return ApplicationStatus(
        application=application.id,
        state=application.state,
        version=application.version,
        remarks=msgspec.json.decode(version.remarks, type=tuple[Remark, ...]) if rejected else (),
        expected_by=application.expected_by,
        phone_hint=phone_hint(application.phone),
        missing_documents=missing_documents(transaction, application) if is_open else (),
    )


def phone_hint(phone: str) -> str:
    """Return ``phone`` with all but its ends hidden: ``138****5678``."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) > 7 else "****"
