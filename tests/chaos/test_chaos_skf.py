"""Some troubles at some points of an SM2 renewal on an SKF token: a few in each run, more by `make chaos`."""

from __future__ import annotations

import os

import pytest
from chaos_cases import find_cases, prepared
from chaos_points import sample_of
from chaos_skf import SkfDesks

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("chaos-skf")]

FEW, MANY = 3, 40


@pytest.fixture(scope="module")
def skf_desks():
    with prepared(SkfDesks) as made:
        yield made


@pytest.fixture(scope="module")
def skf_cases(skf_desks):
    return find_cases(skf_desks.desk)


@pytest.mark.parametrize(
    "number", [*range(FEW), *(pytest.param(n, marks=pytest.mark.chaos) for n in range(FEW, MANY))]
)
def test_a_renewal_on_an_skf_token_survives(number, skf_cases, skf_desks, survives):
    seed = int(os.environ["ODC_CHAOS_SEED"])
    case = sample_of(skf_cases, seed, MANY)[number]
    print(f"ODC_CHAOS_SEED={seed}: {case.id}")
    survives(skf_desks.desk, case)
