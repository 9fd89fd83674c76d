"""Desks on which things go wrong, and the cases; see docs/architecture.md, *Chaos*."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))
sys.path.insert(0, str(Path(__file__).parents[1] / "keys"))
sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox" / "skf_token"))

from chaos_cases import (
    MATRIX,
    AnyDesks,
    find_cases,
    prepared,
    read_cases,
    run_case,
    write_cases,
)
from chaos_points import Case

CASES = "ODC_CHAOS_CASES"
"""Environment variable: the file of the full matrix, which ``make chaos`` has had written."""
SEED = int(os.environ.get("ODC_CHAOS_SEED") or 1)
os.environ["ODC_CHAOS_SEED"] = str(SEED)  # xdist's workers all choose the same


def pytest_report_header() -> str:
    return f"chaos: ODC_CHAOS_SEED={SEED}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        file = os.environ.get(CASES)
        cases = read_cases(Path(file)) if file else []
        metafunc.parametrize("case", cases, ids=[case.id for case in cases])


def pytest_terminal_summary(terminalreporter) -> None:
    """Say how many cases there were, and how many of them did not come to pass."""
    properties = [
        dict(report.user_properties)
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
    ]
    cases = [p for p in properties if "chaos" in p]
    if cases:
        missed = [p["chaos"] for p in cases if p.get("struck") is False]
        terminalreporter.write_line(f"chaos: {len(cases)} cases, {len(missed)} never struck")
        for case in missed:
            terminalreporter.write_line(f"  never struck: {case}")


@pytest.fixture(scope="session")
def desks_on() -> Iterator[Callable[[str], AnyDesks]]:
    """Makes desks with a token of that name; what takes long is prepared when one is first asked for."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda token: stack.enter_context(prepared(MATRIX[token])))


@pytest.fixture(scope="session")
def once_for_all_workers(tmp_path_factory) -> Callable[[str, Callable[[], list[Case]]], list[Case]]:
    """Find cases in one process of this test run and tell them to the others."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent

    def found(name: str, find: Callable[[], list[Case]]) -> list[Case]:
        file = shared / name
        with file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not file.exists():
                write_cases(file, find())
        return read_cases(file)

    return found


@pytest.fixture(scope="session")
def cases_on(desks_on, once_for_all_workers) -> Callable[[str], list[Case]]:
    """All cases on the token of that name."""

    def found(token: str) -> list[Case]:
        find = functools.partial(find_cases, desks_on(token).desk, token=token)
        return once_for_all_workers(f"{token}-cases", find)

    return found


@pytest.fixture
def survives(short_folder, record_property):
    """Runs a case, and notes what it was and whether its trouble came."""

    def run(make_desk, case: Case) -> None:
        record_property("chaos", case.id)
        desk = run_case(make_desk, short_folder, case)
        record_property("struck", desk.has_struck)

    return run
