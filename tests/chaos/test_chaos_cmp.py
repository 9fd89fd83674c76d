"""Troubles in a renewal by CMP, with a secret and with the certificate itself.

A few in each run; `make chaos` has every save and every message struck by a kill, and a sample of the rest.
"""

from __future__ import annotations

import os

import pytest
from chaos_cases import find_cases, prepared
from chaos_cmp import CmpDesks, CmpSignedDesks
from chaos_points import kills_of, sample_of

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("chaos-cmp")]

FEW, MANY = 2, 100
MOST = 8
"""A transaction is saved more often in one state than anything else is."""
NUMBERS = [*range(FEW), *(pytest.param(n, marks=pytest.mark.chaos) for n in range(FEW, MANY))]


@pytest.fixture(scope="module", params=[CmpDesks, CmpSignedDesks], ids=["secret", "signed"])
def cmp_desks(request):
    with prepared(request.param) as made:
        yield made


@pytest.fixture(scope="module")
def cmp_cases(cmp_desks):
    """Some of this seed, then all kills at saves and messages, then others."""
    cases = find_cases(cmp_desks.desk, MOST)
    seed = int(os.environ["ODC_CHAOS_SEED"])
    kills = kills_of(cases)
    assert len({case.name for case in kills if case.name.startswith("http")}) >= 3
    assert FEW + len(kills) <= MANY, "not all kills would be tried"
    chosen = [*sample_of(cases, seed, FEW), *kills, *sample_of(cases, seed + 1, len(cases))]
    return list(dict.fromkeys(chosen))


@pytest.mark.parametrize("number", NUMBERS)
def test_a_renewal_by_cmp_survives(number, cmp_cases, cmp_desks, survives):
    case = cmp_cases[number]
    print(f"ODC_CHAOS_SEED={os.environ['ODC_CHAOS_SEED']}: {case.id}")
    survives(cmp_desks.desk, case)
