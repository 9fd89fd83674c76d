"""Planned faults: what goes wrong with the next answers, for tests of clients.

Kept in the sandbox's database, so that a test or the command line plans them while the server
runs; only a server started with ``--faults`` acts on them (:mod:`sandbox.faults.faulty_app`).
"""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec

from sandbox.authority.rules.fault_kinds import Fault
from sandbox.authority.store import Store


class Faults:
    """The plan of one sandbox."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def plan(self, fault: Fault) -> None:
        """Add ``fault`` after those planned already."""
        with self._store.transaction() as transaction:
            transaction.add_fault(fault)

    def planned(self) -> list[Fault]:
        """Return what is still to come, in order."""
        with self._store.transaction() as transaction:
            return transaction.faults()

    def clear(self) -> None:
        """Forget the plan."""
        with self._store.transaction() as transaction:
            for fault in transaction.faults():
                transaction.save_fault(msgspec.structs.replace(fault, times=0))

    def take(self, call: str) -> Fault | None:
        """Return the first fault for ``call`` (method and path) and use it up once."""
        with self._store.transaction() as transaction:
            for fault in transaction.faults():
                if fnmatchcase(call, fault.route):
                    used = msgspec.structs.replace(fault, times=fault.times - 1)
                    transaction.save_fault(used)
                    return fault
        return None
