"""Inside the agent under test: logs the passing of points, and strikes at the one it was told of."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import resource
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from chaos_points import Case, When, without_chance

from agent.ground.clock import utc_now
from sandbox.authority.rules.fault_kinds import Fault, FaultKind
from sandbox.authority.store import Store
from sandbox.faults.planning import Faults

FULL_SECONDS = 0.3
"""How long the disk stays full."""
FAULT_SECONDS = 0.4
"""How long slow answers take."""
_ROOM = resource.getrlimit(resource.RLIMIT_FSIZE)


class Striker:
    """Has the planned trouble come once, however often the agent is started."""

    def __init__(
        self, folder: Path, case: Case | None, *, authority: Path, pull: Callable[[], None]
    ) -> None:
        self._case = case
        self._authority = authority
        self._pull = pull
        self._passed: Counter[str] = Counter()
        self._log = os.open(folder / "passings", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._struck = folder / "struck"
        self._offset = dt.timedelta()

    def clock(self) -> dt.datetime:
        """The agent's clock."""
        return utc_now() + self._offset

    @contextlib.contextmanager
    def passing(self, name: str, *, route: str = "", worker: int = 0) -> Iterator[None]:
        """Note that a point is passed; strike before, while or after the block is carried out.

        Args:
            name: what is done, its kind first.
            route: the call to the authority, where it is one.
            worker: the worker's process, where it is asked.
        """
        name = without_chance(name)
        self._passed[name] += 1
        number = self._passed[name]
        case = self._due(name, number)

        def strike() -> None:
            assert case is not None
            self._strike(case, route, worker)

        if case is not None and case.when is When.BEFORE:
            strike()
        if case is not None and case.when is When.DURING:
            threading.Timer(case.delay, strike).start()
        started = time.monotonic()
        try:
            yield
        finally:
            if case is not None and case.when is When.AFTER:
                strike()
            self._note(name, number, time.monotonic() - started)

    def _due(self, name: str, number: int) -> Case | None:
        case = self._case
        if case is None or (case.name, case.number) != (name, number) or self._struck.exists():
            return None
        return case

    def _note(self, name: str, number: int, seconds: float) -> None:
        with contextlib.suppress(OSError):  # the disk may just be full
            os.write(self._log, json.dumps([name, number, seconds]).encode() + b"\n")

    def _strike(self, case: Case, route: str, worker: int) -> None:
        self._struck.write_text(case.id)
        what, _, how = case.trouble.partition(" ")
        if case.trouble == "kill agent":
            os.kill(os.getpid(), signal.SIGKILL)
        elif case.trouble == "kill worker":
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        elif case.trouble == "pull token":
            self._pull()
        elif case.trouble == "disk full":
            _fill_disk()
        elif what == "clock":
            self._offset = dt.timedelta(days=int(how.removesuffix(" day")))
        elif what == "answer":
            fault = Fault(route=route, kind=FaultKind(how), seconds=FAULT_SECONDS)
            Faults(Store(self._authority)).plan(fault)
        else:
            raise ValueError(case.trouble)


def _fill_disk() -> None:
    """Let the system refuse whatever this process writes to any file, for a while."""
    soft, hard = _ROOM
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    threading.Timer(FULL_SECONDS, resource.setrlimit, (resource.RLIMIT_FSIZE, (soft, hard))).start()


def spare(worker: int) -> None:
    """Let a worker that was started on a full disk write: only the agent's is full.

    SoftHSM keeps its token in files and empties the one with the label where it cannot write, a loss
    no device knows.
    """
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(worker, resource.RLIMIT_FSIZE, _ROOM)
