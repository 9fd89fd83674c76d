"""The renewals' journal: SQLite, one row a renewal, its private part sealed, its history kept.

How it is opened: database.py; what is done where it is damaged: opening.py.
"""

from __future__ import annotations

import datetime as dt
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec

from agent.ground.decoding import converted, from_json
from agent.ground.errors import OdcError
from agent.renewals.journal.database import Way, in_memory, open_database, open_to_read
from agent.renewals.journal.leftovers import Leftover, leftovers_of
from agent.renewals.journal.lost import LostRenewal
from agent.renewals.journal.record import PrivatePart, Renewal
from agent.renewals.journal.salvage import Salvaged
from agent.renewals.journal.schema import COLUMNS
from agent.renewals.journal.states import State
from agent.renewals.journal.vault import Vault, VaultError
from agent.system.files import NotSavedError
from agent.tokens.model import TokenReference

log = logging.getLogger(__name__)

_PLACE = "serial = ? AND label = ? AND application = ?"


class StaleRenewalError(Exception):
    """A change was made to a renewal that has been saved by somebody else meanwhile."""


class Journal:
    """All renewals, past and under way."""

    def __init__(
        self,
        file: Path,
        vault: Vault,
        *,
        paused: OdcError | None = None,
        is_only_read: bool = False,
    ) -> None:
        """Open it; see :func:`open_database`, or :func:`open_to_read`, for what it raises.

        ``paused`` says why the file cannot be used now: it is let be, nothing is known of renewals, and
        none can be begun.
        """
        self._vault = vault
        self._paused = paused
        self.on_lost: Callable[[LostRenewal], object] = lambda _: None
        """Is told, once, of each open renewal that is found not to be readable any more."""
        self._missed: set[str] = set()
        self.way = Way.SHARED
        if paused is not None:
            self._database = in_memory()
        elif is_only_read:
            self._database = open_to_read(file)
        else:
            self._database, self.way = open_database(file)

    def add(self, renewal: Renewal) -> Renewal:
        """Save a new renewal, or return the open one of the same certificate; NotSavedError.

        Raises:
            OdcError: why the journal is paused.
        """
        if self._paused is not None:
            raise self._paused
        with self._transaction():
            existing = self.open_for(renewal.thumbprint)
            if existing is not None:
                return existing
            self._database.execute(
                "INSERT INTO renewal VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    renewal.id,
                    renewal.thumbprint,
                    renewal.state,
                    True,
                    renewal.created.isoformat(),
                    *self._encode(renewal),
                ),
            )
            self._remember(renewal)
        return renewal

    def save(self, renewal: Renewal) -> Renewal:
        """Replace the saved renewal and return it with its new revision.

        The history gains a line when its state or wait is another. What an ended renewal leaves on
        its token is noted along with it.

        Raises:
            StaleRenewalError: somebody saved it since this one was read; nothing is changed.
            NotSavedError: the disk takes nothing; nothing is changed.
        """
        with self._transaction():
            before = self.get(renewal.id)
            if before.revision != renewal.revision:
                raise StaleRenewalError
            saved = msgspec.structs.replace(renewal, revision=renewal.revision + 1)
            self._database.execute(
                "UPDATE renewal SET state = ?, is_open = ?, facts = ?, private = ? WHERE id = ?",
                (saved.state, not saved.has_ended, *self._encode(saved), saved.id),
            )
            if (before.state, before.waiting) != (saved.state, saved.waiting):
                self._remember(saved)
            for leftover in leftovers_of(before, saved.state):
                self._leave(leftover)
        return saved

    def get(self, renewal_id: str) -> Renewal:
        """Return one renewal; KeyError where there is none."""
        rows = self._select("WHERE id = ?", renewal_id)
        if not rows:
            raise KeyError(renewal_id)
        return rows[0]

    def all(self) -> list[Renewal]:
        """Return all renewals, the newest first."""
        query = "SELECT id, facts, private FROM renewal ORDER BY created DESC"
        return list(self._readable(self._database.execute(query).fetchall()))

    def under_way(self) -> list[Renewal]:
        """Return those that have not ended, the newest first: at every event only these are looked at."""
        query = "SELECT id, facts, private FROM renewal WHERE is_open = 1 ORDER BY created DESC"
        return list(self._readable(self._database.execute(query).fetchall()))

    def open_for(self, thumbprint: str) -> Renewal | None:
        """Return the renewal under way for a certificate."""
        where = "WHERE thumbprint = ? AND is_open = 1"
        try:
            rows = self._select(where, thumbprint)
        except VaultError:
            # Nobody can go on with it, so it must not keep a new one from being started.
            log.error("open renewal cannot be decrypted, closed")  # noqa: TRY400 - it is no mistake
            self._close_all(thumbprint)
            return None
        return rows[0] if rows else None

    def _close_all(self, thumbprint: str) -> None:
        """Have no renewal open for a certificate; NotSavedError."""
        # Who adds one has begun a transaction already.
        own = nullcontext() if self._database.in_transaction else self._transaction()
        with own:
            self._database.execute(
                "UPDATE renewal SET is_open = 0 WHERE thumbprint = ?", (thumbprint,)
            )

    def leftovers(self, token: TokenReference) -> list[Leftover]:
        """Return what is to be removed from a token, the oldest first."""
        rows = self._database.execute(
            f"SELECT facts FROM leftover WHERE {_PLACE} ORDER BY rowid",  # noqa: S608 - constants
            _place(token),
        )
        return [from_json(facts, Leftover) for (facts,) in rows]

    def was_removed(self, leftover: Leftover) -> None:
        """Forget what is no longer on its token; NotSavedError."""
        with self._transaction():
            self._database.execute(
                f"DELETE FROM leftover WHERE {_PLACE} AND key_id = ?",  # noqa: S608 - constants
                (*_place(leftover.token), leftover.key_id),
            )

    def _leave(self, leftover: Leftover) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO leftover VALUES (?, ?, ?, ?, ?)",
            (*_place(leftover.token), leftover.key_id, msgspec.json.encode(leftover)),
        )

    def history(self, renewal_id: str) -> list[tuple[dt.datetime, State, str | None]]:
        """Return when the renewal came to which state and wait, the oldest first."""
        rows = self._database.execute(
            "SELECT at, state, waiting FROM history WHERE renewal = ? ORDER BY rowid", (renewal_id,)
        )
        return [(dt.datetime.fromisoformat(at), State(s), waiting) for at, s, waiting in rows]

    def lost(self) -> list[LostRenewal]:
        """Return the open renewals that cannot be read, with what can still be told of them.

        Who asks tells it: of these ``on_lost`` hears nothing any more.
        """
        rows = self._database.execute(
            "SELECT id, facts, private, state, created FROM renewal WHERE is_open = 1"
        ).fetchall()
        lost = [
            LostRenewal.of(renewal_id, state, created, facts)
            for renewal_id, facts, private, state, created in rows
            if not self._can_read(renewal_id, facts, private)
        ]
        self._missed |= {renewal.id for renewal in lost}
        return lost

    def ended(self) -> frozenset[str]:
        """Return the renewals of which nothing personal may be left."""
        rows = self._database.execute("SELECT id FROM renewal WHERE is_open = 0")
        return frozenset(renewal_id for (renewal_id,) in rows)

    def give_up(self, renewal_id: str) -> None:
        """Close a renewal that cannot be read; NotSavedError."""
        with self._transaction():
            self._database.execute("UPDATE renewal SET is_open = 0 WHERE id = ?", (renewal_id,))

    def take_in(self, salvaged: Salvaged) -> None:
        """Keep rows of a damaged journal as they are, and open ones of what is known by name only."""
        with self._transaction():
            for table, rows in salvaged.rows.items():
                places = ", ".join("?" * len(COLUMNS[table]))
                self._database.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({places})", rows)  # noqa: S608 - constants

    def _can_read(self, renewal_id: str, facts: str, sealed: bytes) -> bool:
        try:
            self._decode(renewal_id, facts, sealed)
        except VaultError:
            return False
        return True

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Save all that the block writes, or nothing; NotSavedError."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            finally:
                # Also a commit may fail; of a full disk SQLite has given up the transaction itself.
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise NotSavedError(reason=str(error)) from error

    def _select(self, rest: str, *parameters: object) -> list[Renewal]:
        rows = self._database.execute(f"SELECT id, facts, private FROM renewal {rest}", parameters)  # noqa: S608 - constants
        return [self._known(*row) for row in rows]

    def _readable(self, rows: list[tuple[str, str, bytes]]) -> Iterator[Renewal]:
        """Yield what can be decrypted; one renewal that cannot must not hide the others."""
        for row in rows:
            try:
                yield self._known(*row)
            except VaultError:
                log.error("renewal cannot be decrypted id=%s", row[0])  # noqa: TRY400 - it is no mistake

    def _known(self, renewal_id: str, facts: str, sealed: bytes) -> Renewal:
        """Return the renewal of a row; VaultError, of which is told where it is open."""
        try:
            return self._decode(renewal_id, facts, sealed)
        except VaultError:
            self._miss(renewal_id, facts)
            raise

    def _miss(self, renewal_id: str, facts: str) -> None:
        if renewal_id in self._missed:
            return
        self._missed.add(renewal_id)
        query = "SELECT state, created FROM renewal WHERE id = ? AND is_open = 1"
        for state, created in self._database.execute(query, (renewal_id,)).fetchall():
            self.on_lost(LostRenewal.of(renewal_id, state, created, facts))

    def _remember(self, renewal: Renewal) -> None:
        self._database.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?)",
            (renewal.id, renewal.updated.isoformat(), renewal.state, renewal.waiting),
        )

    def _encode(self, renewal: Renewal) -> tuple[str, bytes]:
        facts = msgspec.to_builtins(renewal)
        del facts["private"]
        private = msgspec.json.encode(renewal.private)
        return msgspec.json.encode(facts).decode(), self._vault.seal(private, renewal.id)

    def _decode(self, renewal_id: str, facts: str, sealed: bytes) -> Renewal:
        clear = self._vault.open(sealed, renewal_id)
        try:
            private = from_json(clear, PrivatePart)
            values = {**msgspec.json.decode(facts), "private": msgspec.to_builtins(private)}
            return converted(values, Renewal)
        except (
            TypeError,
            ValueError,
            msgspec.MsgspecError,
        ) as error:  # damage nothing else has seen
            raise VaultError from error


def _place(token: TokenReference) -> tuple[str, str, str]:
    """Return the columns that say where something lies, whatever module the token is seen through."""
    return token.serial, token.label, token.application
