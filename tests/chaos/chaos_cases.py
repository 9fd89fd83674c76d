"""Finds the cases: renews undisturbed, and reads what was passed. ``chaos_cases.py FILE`` writes them all."""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

sys.path += (  # as conftest.py has them: this is a script too
    str(Path(__file__).parents[1] / room) for room in ("certificates", "keys", "sandbox/skf_token")
)

from chaos_desk import ChaosDesk
from chaos_person import Person
from chaos_points import MOST_PASSINGS, Case, Kind, Passing, cases_of, read_passings
from chaos_skf import SkfDesks
from chaos_soft import SoftDesks
from chaos_usb import UsbDesks
from chaos_verdict import check

RENEWAL_SECONDS = float(os.environ.get("ODC_CHAOS_SECONDS", "60"))
"""For one renewal with its trouble; a machine that has other work takes longer for the same."""
UNDISTURBED = 2
"""Runs that are compared: what only one of them passes, time decides."""

AnyDesks = SoftDesks | UsbDesks | SkfDesks
Desks = Callable[[Path, Case | None], AbstractContextManager[ChaosDesk]]
MATRIX: dict[str, type[AnyDesks]] = {"software": SoftDesks, "skf": SkfDesks}
"""The tokens on which every trouble is tried at every point, by the names they have in cases."""


def run_case(make_desk: Desks, folder: Path, case: Case | None) -> ChaosDesk:
    """Renew with one trouble, or none, and assert all that must be true then."""
    with make_desk(folder, case) as desk:
        person = Person(desk)
        try:
            seen = person.renew(RENEWAL_SECONDS)
        finally:
            person.leave()
            desk.close()
        check(desk, person, seen)
        if case is not None and case.is_certain:
            assert desk.has_struck, "the point was never passed"
    return desk


def find_cases(make_desk: Desks, most: int = MOST_PASSINGS, *, token: str = "") -> list[Case]:
    """Renew undisturbed, more than once, and return what may then go wrong, ``most`` times at a point."""
    runs: list[list[Passing]] = []
    for _ in range(UNDISTURBED):
        with tempfile.TemporaryDirectory(prefix="odc-") as folder:
            desk = run_case(make_desk, Path(folder), None)
            passed = read_passings(desk.passings.read_text("utf-8").splitlines())
        unseen = set(Kind) - {passing.kind for passing in passed}
        assert not unseen, f"nobody watches {unseen}"
        runs.append(passed)
    return cases_of(*runs, most=most, token=token)


def read_cases(file: Path) -> list[Case]:
    return [Case.decode(line) for line in file.read_text("utf-8").splitlines()]


def write_cases(file: Path, cases: list[Case]) -> None:
    """Write all of them or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    draft.write_text("".join(f"{case.encode()}\n" for case in cases), "utf-8")
    draft.replace(file)


def build_logging_module(folder: Path) -> Path:
    """Build the PKCS#11 module that forwards to another and logs which functions are called."""
    source = Path(__file__).parents[1] / "faulty_module" / "faulty.c"
    module = folder / "faulty.so"
    command = ["gcc", "-std=gnu11", "-O1", "-fPIC", "-shared", "-fvisibility=hidden"]
    subprocess.run([*command, "-o", module, source, "-ldl"], check=True)
    return module


@contextlib.contextmanager
def prepared(kind: type[AnyDesks]) -> Iterator[AnyDesks]:
    """Give what makes desks with tokens of that kind."""
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        desks = kind(folder, build_logging_module(folder))
        try:
            yield desks
        finally:
            desks.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Find what may go wrong in a renewal, and where.")
    parser.add_argument("file", type=Path, help="where the cases are written, one a line")
    file = parser.parse_args().file
    cases: list[Case] = []
    for token, kind in MATRIX.items():
        with prepared(kind) as desks:
            found = find_cases(desks.desk, token=token)
        points = {(case.name, case.number) for case in found}
        print(f"{token}: {len(found)} cases at {len(points)} points of a renewal", flush=True)
        cases += found
    write_cases(file, cases)


if __name__ == "__main__":
    main()
