"""The staff's side: see the applications, approve, reject with remarks."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.renewals.authorities.ra_protocol import ApplicationState, ProblemCode, Remark
from sandbox.authority.ledger import Ledger, current_version
from sandbox.authority.rules.lifecycle import Event
from sandbox.authority.rules.records import Application
from sandbox.authority.store import Transaction
from sandbox.problems import RefusalError


class ApplicationSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One application as the staff sees it in a list."""

    application: str
    organisation: str
    uscc: str
    state: ApplicationState
    version: int
    opened_at: dt.datetime
    expected_by: dt.date | None
    remarks: tuple[Remark, ...]


class Review:
    """The reviewer's desk."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def summaries(self) -> list[ApplicationSummary]:
        """Return all applications, oldest first."""
        with self._ledger.store.transaction() as transaction:
            return [
                self.summary(transaction, self._ledger.settled(transaction, application))
                for application in transaction.applications()
            ]

    def approve(self, application: str, *, seen_version: int | None = None) -> ApplicationSummary:
        """Approve an application that is under review.

        ``seen_version`` is the one that was looked at.

        Raises:
            RefusalError: NOT_FOUND, WRONG_STATE; STALE_VERSION when it was amended since.
        """
        with self._ledger.store.transaction() as transaction:
            found = self.found(transaction, application)
            _check_seen(found, seen_version)
            return self.summary(transaction, self._ledger.move(transaction, found, Event.APPROVE))

    def reject(
        self, application: str, remarks: tuple[Remark, ...], *, seen_version: int | None = None
    ) -> ApplicationSummary:
        """Send an application back with ``remarks`` on what to amend.

        ``seen_version`` is the one that was looked at.

        Raises:
            RefusalError: NOT_FOUND, WRONG_STATE; STALE_VERSION when it was amended since.
        """
        with self._ledger.store.transaction() as transaction:
            found = self.found(transaction, application)
            _check_seen(found, seen_version)
            version = current_version(transaction, found)
            transaction.save_version(
                msgspec.structs.replace(version, remarks=msgspec.json.encode(remarks))
            )
            return self.summary(transaction, self._ledger.move(transaction, found, Event.REJECT))

    def found(self, transaction: Transaction, application: str) -> Application:
        """Return an application as it stands now.

        Raises:
            RefusalError: NOT_FOUND.
        """
        found = transaction.application(application)
        if found is None:
            raise RefusalError(ProblemCode.NOT_FOUND, f"no application {application}")
        return self._ledger.settled(transaction, found)

    @staticmethod
    def summary(transaction: Transaction, application: Application) -> ApplicationSummary:
        """Return what the list says of an application."""
        certificate = transaction.certificate(application.certificate_sha256)
        assert certificate is not None, "the database's foreign key holds it"
        version = current_version(transaction, application)
        return ApplicationSummary(
            application=application.id,
            organisation=certificate.organisation,
            uscc=certificate.uscc,
            state=application.state,
            version=application.version,
            opened_at=application.opened_at,
            expected_by=application.expected_by,
            remarks=msgspec.json.decode(version.remarks, type=tuple[Remark, ...]),
        )


def _check_seen(application: Application, seen_version: int | None) -> None:
    if seen_version not in (None, application.version):
        raise RefusalError(
            ProblemCode.STALE_VERSION, f"version {application.version} came in since"
        )
