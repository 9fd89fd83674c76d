"""What it costs to save one transition of a renewal, beside a bare SQLite commit and a bare fsync."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from agent.renewals.authorities.ra_protocol import Applicant, DocumentDigest, DocumentName
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import PrivatePart, Renewal
from agent.renewals.journal.states import State, Waiting
from agent.renewals.journal.vault import Vault
from agent.tokens.model import TokenReference
from bench.tables import print_times

ROUNDS = 300
NOW = dt.datetime(2025, 3, 7, 2, tzinfo=dt.UTC)
APPLICANT = Applicant(
    id_number="440300199001010002", name="欧阳经办", address="广东省深圳市样例路1号",
    phone="13800138000", email="applicant@example.com",
)  # fmt: skip


def main() -> None:
    """Print how long each takes, in a temporary folder (TMPDIR chooses the disk)."""
    with tempfile.TemporaryDirectory(prefix="odc-bench-") as name:
        folder = Path(name)
        vault = Vault(secrets.token_bytes(32))
        with (
            closing(Journal(folder / "renewals.sqlite", vault)) as journal,
            closing(_bare_database(folder / "bare.sqlite")) as bare,
            (folder / "bare").open("ab") as file,
        ):
            renewal = journal.add(_renewal())
            size = len(_saved_bytes(folder / "renewals.sqlite"))
            rows: dict[str, Callable[[], None]] = {
                "journal: one transition read and saved": lambda: _save(journal, renewal.id),
                f"SQLite: the same {size} bytes in one commit": lambda: _commit(bare, size),
                f"append {size} bytes and fsync": lambda: _append(file.fileno(), size),
            }
            times: dict[str, list[float]] = {row: [] for row in rows}
            for _ in range(ROUNDS):  # interleaved, so that all meet the same disk
                for row, save in rows.items():
                    started = time.perf_counter()
                    save()
                    times[row].append((time.perf_counter() - started) * 1000)
        print_times(f"saving one transition, {ROUNDS} rounds", times)


def _save(journal: Journal, renewal_id: str) -> None:
    renewal = journal.get(renewal_id)
    waiting = (
        None if renewal.waiting else Waiting.REVIEW
    )  # news each time, so a line of history too
    journal.save(renewal.changed(NOW, waiting=waiting))


def _commit(database: sqlite3.Connection, size: int) -> None:
    with database:
        database.execute("UPDATE saved SET content = ?", (secrets.token_bytes(size),))


def _append(file: int, size: int) -> None:
    os.write(file, secrets.token_bytes(size))
    os.fsync(file)


def _bare_database(file: Path) -> sqlite3.Connection:
    """Return a database kept as safely as the journal, with one row."""
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    with database:
        database.execute("CREATE TABLE saved (content BLOB)")
        database.execute("INSERT INTO saved VALUES (x'')")
    return database


def _saved_bytes(file: Path) -> bytes:
    """Return what the journal keeps of the renewal."""
    with closing(sqlite3.connect(file)) as database:
        [(facts, private)] = database.execute("SELECT facts, private FROM renewal")
    return bytes(facts, "utf-8") + bytes(private)


def _renewal() -> Renewal:
    """Return a renewal as large as one in review, with certificates, request and CMS of usual sizes."""
    return Renewal(
        id=str(uuid.uuid4()),
        thumbprint=secrets.token_hex(32),
        organisation="深圳市样例有限公司",
        authority="沙盒证书服务中心",
        token=TokenReference(module="/usr/lib/module.so", serial="0123456789abcdef", label="KEY"),
        key_id=secrets.token_bytes(20),
        new_key_id=secrets.token_bytes(20),
        state=State.REVIEWING,
        waiting=None,
        created=NOW,
        updated=NOW,
        private=PrivatePart(
            secret=secrets.token_urlsafe(32),
            certificate=secrets.token_bytes(1100),
            encryption_certificate=secrets.token_bytes(1100),
            applicant=APPLICANT,
            documents={
                document: DocumentDigest(sha256="ab" * 32, size=400_000, media_type="image/png")
                for document in DocumentName
            },
            request=secrets.token_bytes(750),
            manifest=secrets.token_bytes(3500),
            recipient=secrets.token_bytes(294),
        ),
    )
