"""The staff's side: see the applications, approve, reject with remarks."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.renewals.protocol import ApplicationState, ProblemCode, Remark
from sandbox.ledger import Ledger, current_version
from sandbox.lifecycle import Event
from sandbox.problems import RefusalError
from sandbox.records import Application
from sandbox.store import Transaction


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
                _summary(transaction, self._ledger.settled(transaction, application))
                for application in transaction.applications()
            ]

    def approve(self, application: str) -> ApplicationSummary:
        """Approve an application that is under review.

        Raises:
            RefusalError: NOT_FOUND, WRONG_STATE.
        """
        with self._ledger.store.transaction() as transaction:
            found = self._found(transaction, application)
            return _summary(transaction, self._ledger.move(transaction, found, Event.APPROVE))

    def reject(self, application: str, remarks: tuple[Remark, ...]) -> ApplicationSummary:
        """Send an application back with ``remarks`` on what to amend.

        Raises:
            RefusalError: NOT_FOUND, WRONG_STATE.
        """
        with self._ledger.store.transaction() as transaction:
            found = self._found(transaction, application)
            version = current_version(transaction, found)
            transaction.save_version(
                msgspec.structs.replace(version, remarks=msgspec.json.encode(remarks))
            )
            return _summary(transaction, self._ledger.move(transaction, found, Event.REJECT))

    def _found(self, transaction: Transaction, application: str) -> Application:
        found = transaction.application(application)
        if found is None:
            raise RefusalError(ProblemCode.NOT_FOUND, f"no application {application}")
        return self._ledger.settled(transaction, found)


def _summary(transaction: Transaction, application: Application) -> ApplicationSummary:
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
