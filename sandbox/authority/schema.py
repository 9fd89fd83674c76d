"""The database's tables, and how older databases come by them."""

from __future__ import annotations

import sqlite3
from typing import Final

_MIGRATIONS: Final = (
    """
    CREATE TABLE certificates (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        sha256 TEXT NOT NULL UNIQUE,
        use TEXT NOT NULL,
        organisation TEXT NOT NULL,
        uscc TEXT NOT NULL,
        phone TEXT NOT NULL,
        not_after TEXT NOT NULL,
        der BLOB NOT NULL,
        revoked_at TEXT
    ) STRICT;
    CREATE INDEX certificates_by_organisation ON certificates (uscc, use);
    CREATE TABLE applications (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        secret_sha256 TEXT NOT NULL,
        certificate_sha256 TEXT NOT NULL REFERENCES certificates (sha256),
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        opened_at TEXT NOT NULL,
        dossier_required INTEGER NOT NULL,
        sms_required INTEGER NOT NULL,
        phone TEXT NOT NULL,
        expected_by TEXT,
        issued_sha256 TEXT REFERENCES certificates (sha256),
        timer_at TEXT,
        timer_event TEXT
    ) STRICT;
    CREATE UNIQUE INDEX one_open_application ON applications (certificate_sha256)
        WHERE state NOT IN ('installed', 'withdrawn', 'expired');
    CREATE TABLE versions (
        application TEXT NOT NULL REFERENCES applications (id),
        version INTEGER NOT NULL,
        cms_sha256 TEXT NOT NULL,
        cms BLOB NOT NULL,
        manifest BLOB NOT NULL,
        remarks BLOB NOT NULL,
        PRIMARY KEY (application, version)
    ) STRICT;
    CREATE TABLE documents (
        application TEXT NOT NULL REFERENCES applications (id),
        sha256 TEXT NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (application, sha256)
    ) STRICT;
    CREATE TABLE codes (
        application TEXT PRIMARY KEY REFERENCES applications (id),
        salt BLOB NOT NULL,
        code_sha256 TEXT NOT NULL,
        sent_at TEXT NOT NULL,
        sent_count INTEGER NOT NULL,
        attempts_left INTEGER NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE key_envelopes (
        application TEXT PRIMARY KEY REFERENCES applications (id),
        certificate_sha256 TEXT NOT NULL REFERENCES certificates (sha256),
        envelope BLOB NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE licence_requests (
        nonce TEXT PRIMARY KEY,
        cms_sha256 TEXT NOT NULL,
        received_at TEXT NOT NULL,
        answers INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE est_users (
        name TEXT PRIMARY KEY,
        salt BLOB NOT NULL,
        password_scrypt BLOB NOT NULL,
        uscc TEXT NOT NULL,
        pending_seconds REAL NOT NULL
    ) STRICT;
    CREATE TABLE est_requests (
        user TEXT NOT NULL REFERENCES est_users (name),
        csr_sha256 TEXT NOT NULL,
        due_at TEXT NOT NULL,
        certificate BLOB,
        PRIMARY KEY (user, csr_sha256)
    ) STRICT;
    CREATE TABLE faults (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        route TEXT NOT NULL,
        kind TEXT NOT NULL,
        times INTEGER NOT NULL,
        seconds REAL NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE cmp_users (
        reference TEXT PRIMARY KEY,
        secret TEXT NOT NULL,
        uscc TEXT NOT NULL,
        pending_seconds REAL NOT NULL,
        rejection TEXT NOT NULL
    ) STRICT;
    CREATE TABLE cmp_transactions (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES cmp_users (reference),
        csr BLOB NOT NULL,
        due_at TEXT NOT NULL,
        nonce BLOB NOT NULL,
        certificate_sha256 TEXT NOT NULL,
        is_confirmed INTEGER NOT NULL
    ) STRICT;
    """,
    """
    ALTER TABLE cmp_users ADD COLUMN wants_confirmation INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE cmp_transactions ADD COLUMN spki BLOB NOT NULL DEFAULT x'';
    ALTER TABLE cmp_transactions ADD COLUMN signer TEXT NOT NULL DEFAULT '';
    ALTER TABLE cmp_transactions ADD COLUMN is_implicit INTEGER NOT NULL DEFAULT 0;
    """,
)
"""Numbered by position; the database's ``user_version`` counts those applied."""


def bring_up_to_date(connection: sqlite3.Connection) -> bool:
    """Apply the migrations that are missing; return False where there are more than we know."""
    while (applied := _schema_version(connection)) < len(_MIGRATIONS):
        _apply(connection, applied)
    return applied == len(_MIGRATIONS)


def _schema_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _apply(connection: sqlite3.Connection, number: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been first while this one waited for the lock.
        if _schema_version(connection) == number:
            for statement in _MIGRATIONS[number].split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number + 1}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
