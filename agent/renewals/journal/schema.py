"""The journal's tables, and how older ones become them. A table has the columns of its last migration."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE renewal (
        id TEXT PRIMARY KEY,
        thumbprint TEXT NOT NULL,
        state TEXT NOT NULL,
        is_open INTEGER NOT NULL,
        created TEXT NOT NULL,
        facts TEXT NOT NULL,
        private BLOB NOT NULL
    ) STRICT;
    -- One renewal at a time for one certificate, whoever starts it.
    CREATE UNIQUE INDEX one_open_renewal ON renewal (thumbprint) WHERE is_open = 1;
    CREATE TABLE history (
        renewal TEXT NOT NULL REFERENCES renewal (id),
        at TEXT NOT NULL,
        state TEXT NOT NULL,
        waiting TEXT
    ) STRICT;
    """,
    """
    -- Key pairs to be removed from a token when its PIN is next given; see leftovers.py.
    CREATE TABLE leftover (
        serial TEXT NOT NULL,
        label TEXT NOT NULL,
        key_id BLOB NOT NULL,
        facts BLOB NOT NULL,
        PRIMARY KEY (serial, label, key_id)
    ) STRICT;
    """,
    """
    -- A PIN belongs to an application of a token, where its driver knows such.
    ALTER TABLE leftover RENAME TO leftover_before;
    CREATE TABLE leftover (
        serial TEXT NOT NULL,
        label TEXT NOT NULL,
        application TEXT NOT NULL,
        key_id BLOB NOT NULL,
        facts BLOB NOT NULL,
        PRIMARY KEY (serial, label, application, key_id)
    ) STRICT;
    INSERT INTO leftover
        SELECT serial, label, '', key_id, facts FROM leftover_before ORDER BY rowid;
    DROP TABLE leftover_before;
    """,
)

COLUMNS = {
    "renewal": ("id", "thumbprint", "state", "is_open", "created", "facts", "private"),
    "history": ("renewal", "at", "state", "waiting"),
    "leftover": ("serial", "label", "application", "key_id", "facts"),
}
"""What each table has in the end."""
