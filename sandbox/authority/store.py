"""The sandbox's SQLite database: every change is one transaction, so a kill leaves nothing half.

A connection is opened for each transaction: that makes the store safe to use from any thread and
from the command line while the server runs, and one desk never notices what it costs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from agent.ground import held_files
from sandbox.authority.rules.fault_kinds import Fault
from sandbox.authority.rules.lifecycle import CLOSED
from sandbox.authority.rules.profiles import CertificateUse
from sandbox.authority.rules.records import (
    Application,
    CmpTransaction,
    CmpUser,
    EstRequest,
    EstUser,
    IssuedCertificate,
    KeyEnvelope,
    SeenLicenceRequest,
    SentCode,
    Version,
)
from sandbox.authority.schema import bring_up_to_date
from sandbox.home import SandboxError

_BUSY_SECONDS = 10.0

_Record = TypeVar("_Record", bound=msgspec.Struct)


class Store:
    """The database of one sandbox."""

    def __init__(self, path: Path) -> None:
        """Open the database at ``path`` and bring its schema up to date.

        Raises:
            SandboxError: it was written by a newer sandbox, or is not a database.
        """
        self._path = path
        try:
            self._migrate()
        except sqlite3.DatabaseError as error:
            raise SandboxError(f"cannot use the database {path}: {error}") from error

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Give a transaction that is committed at the end of the block, or undone on an error."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _connect(self) -> sqlite3.Connection:
        with held_files.open_for_database(self._path):
            connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
            connection.execute("PRAGMA schema_version")  # now it is open
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _migrate(self) -> None:
        with closing(self._connect()) as connection:
            self._path.chmod(0o600)
            connection.execute("PRAGMA journal_mode = WAL")
            if not bring_up_to_date(connection):
                raise SandboxError(f"{self._path} was written by a newer version of the sandbox")


class Transaction:
    """What can be read and changed within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add_certificate(self, certificate: IssuedCertificate) -> None:
        self._save("certificates", "sha256", certificate)

    def certificate(self, sha256: str) -> IssuedCertificate | None:
        """Return the issued certificate with that SHA-256, or None."""
        return self._one(
            IssuedCertificate, "SELECT * FROM certificates WHERE sha256 = ?", (sha256,)
        )

    def newest_signing_certificate(self, uscc: str) -> IssuedCertificate | None:
        """Return the organisation's newest signing certificate that is not revoked, or None."""
        return self._newest(uscc, CertificateUse.SIGNING)

    def newest_encryption_certificate(self, uscc: str) -> IssuedCertificate | None:
        """Return the organisation's newest encryption certificate that is not revoked, or None."""
        return self._newest(uscc, CertificateUse.ENCRYPTION)

    def is_organisation(self, name: str) -> bool:
        """Say whether a certificate was ever issued to an organisation of that name."""
        query = "SELECT 1 FROM certificates WHERE organisation = ? LIMIT 1"
        return self._connection.execute(query, (name,)).fetchone() is not None

    def encryption_certificates(self, uscc: str) -> list[IssuedCertificate]:
        """Return all encryption certificates of an organisation, the oldest first."""
        return self._all(
            IssuedCertificate,
            "SELECT * FROM certificates WHERE uscc = ? AND use = ? ORDER BY number",
            (uscc, CertificateUse.ENCRYPTION),
        )

    def certificates_with_key(self, public_key: bytes) -> list[IssuedCertificate]:
        """Return all certificates of one SubjectPublicKeyInfo (DER), the oldest first."""
        # A certificate holds its key's DER as it is.
        return self._all(
            IssuedCertificate,
            "SELECT * FROM certificates WHERE instr(der, ?) ORDER BY number",
            (public_key,),
        )

    def save_certificate(self, certificate: IssuedCertificate) -> None:
        self._save("certificates", "sha256", certificate)

    def save_application(self, application: Application) -> None:
        """Add ``application``, or replace what is known of it."""
        self._save("applications", "id", application)

    def application(self, application: str) -> Application | None:
        return self._one(Application, "SELECT * FROM applications WHERE id = ?", (application,))

    def open_applications(self, certificate_sha256: str) -> list[Application]:
        """Return the applications still open for a certificate: one, or none."""
        found = self._all(
            Application,
            "SELECT * FROM applications WHERE certificate_sha256 = ?",
            (certificate_sha256,),
        )
        return [application for application in found if application.state not in CLOSED]

    def applications(self) -> list[Application]:
        """Return all applications, oldest first."""
        return self._all(Application, "SELECT * FROM applications ORDER BY number", ())

    def save_version(self, version: Version) -> None:
        self._save("versions", "application, version", version)

    def version(self, application: str, version: int) -> Version | None:
        return self._one(
            Version,
            "SELECT * FROM versions WHERE application = ? AND version = ?",
            (application, version),
        )

    def save_document(self, application: str, sha256: str, content: bytes) -> None:
        self._connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (application, sha256, content),
        )

    def document_hashes(self, application: str) -> frozenset[str]:
        """Return the SHA-256 of every scan the application has brought, of any version."""
        rows = self._connection.execute(
            "SELECT sha256 FROM documents WHERE application = ?", (application,)
        )
        return frozenset(row["sha256"] for row in rows)

    def document(self, application: str, sha256: str) -> bytes | None:
        """Return a scan's content, or None."""
        row = self._connection.execute(
            "SELECT content FROM documents WHERE application = ? AND sha256 = ?",
            (application, sha256),
        ).fetchone()
        return bytes(row["content"]) if row else None

    def save_code(self, code: SentCode) -> None:
        self._save("codes", "application", code)

    def code(self, application: str) -> SentCode | None:
        return self._one(SentCode, "SELECT * FROM codes WHERE application = ?", (application,))

    def save_envelope(self, envelope: KeyEnvelope) -> None:
        self._save("key_envelopes", "application", envelope)

    def envelope(self, application: str) -> KeyEnvelope | None:
        return self._one(
            KeyEnvelope, "SELECT * FROM key_envelopes WHERE application = ?", (application,)
        )

    def delete_envelope(self, application: str) -> None:
        """Forget the encryption key made for an application."""
        self._connection.execute("DELETE FROM key_envelopes WHERE application = ?", (application,))

    def licence_request(self, nonce: str) -> SeenLicenceRequest | None:
        return self._one(
            SeenLicenceRequest, "SELECT * FROM licence_requests WHERE nonce = ?", (nonce,)
        )

    def save_licence_request(self, request: SeenLicenceRequest) -> None:
        self._save("licence_requests", "nonce", request)

    def save_est_user(self, user: EstUser) -> None:
        """Add ``user``, or replace what is known of it."""
        self._save("est_users", "name", user)

    def est_user(self, name: str) -> EstUser | None:
        return self._one(EstUser, "SELECT * FROM est_users WHERE name = ?", (name,))

    def est_users(self) -> list[EstUser]:
        return self._all(EstUser, "SELECT * FROM est_users ORDER BY name", ())

    def save_est_request(self, request: EstRequest) -> None:
        self._save("est_requests", "user, csr_sha256", request)

    def est_requests(self, user: str) -> list[EstRequest]:
        return self._all(EstRequest, "SELECT * FROM est_requests WHERE user = ?", (user,))

    def save_cmp_user(self, user: CmpUser) -> None:
        """Add ``user``, or replace what is known of it."""
        self._save("cmp_users", "reference", user)

    def cmp_user(self, reference: str) -> CmpUser | None:
        query = "SELECT * FROM cmp_users WHERE reference = ?"
        return self._one(CmpUser, query, (reference,))

    def cmp_users(self) -> list[CmpUser]:
        return self._all(CmpUser, "SELECT * FROM cmp_users ORDER BY reference", ())

    def save_cmp_transaction(self, asked: CmpTransaction) -> None:
        self._save("cmp_transactions", "id", asked)

    def cmp_transaction(self, number: str) -> CmpTransaction | None:
        query = "SELECT * FROM cmp_transactions WHERE id = ?"
        return self._one(CmpTransaction, query, (number,))

    def is_updated(self, signer: str) -> bool:
        """Say whether a certificate has been replaced by a key update that counts."""
        query = "SELECT * FROM cmp_transactions WHERE signer = ? AND is_confirmed LIMIT 1"
        return self._one(CmpTransaction, query, (signer,)) is not None

    def add_fault(self, fault: Fault) -> None:
        self._connection.execute(
            "INSERT INTO faults (route, kind, times, seconds) VALUES (?, ?, ?, ?)",
            (fault.route, fault.kind, fault.times, fault.seconds),
        )

    def save_fault(self, fault: Fault) -> None:
        self._save("faults", "number", fault)

    def faults(self) -> list[Fault]:
        """Return the faults still to come, in the order they were planned."""
        return self._all(Fault, "SELECT * FROM faults WHERE times > 0 ORDER BY number", ())

    def _newest(self, uscc: str, use: CertificateUse) -> IssuedCertificate | None:
        return self._one(
            IssuedCertificate,
            "SELECT * FROM certificates WHERE uscc = ? AND use = ? AND revoked_at IS NULL"
            " ORDER BY number DESC LIMIT 1",
            (uscc, use),
        )

    def _save(self, table: str, key: str, record: msgspec.Struct) -> None:
        row: dict[str, object] = msgspec.to_builtins(record, builtin_types=(bytes,))
        columns = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        changes = ", ".join(f"{name} = excluded.{name}" for name in row)
        self._connection.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608 - our own names
            f" ON CONFLICT ({key}) DO UPDATE SET {changes}",
            row,
        )

    def _all(self, kind: type[_Record], query: str, values: tuple[object, ...]) -> list[_Record]:
        rows = self._connection.execute(query, values).fetchall()
        # Not strict, because SQLite keeps a boolean as a number.
        return [
            msgspec.convert(dict(row), kind, strict=False, builtin_types=(bytes,)) for row in rows
        ]

    def _one(self, kind: type[_Record], query: str, values: tuple[object, ...]) -> _Record | None:
        found = self._all(kind, query, values)
        return found[0] if found else None
