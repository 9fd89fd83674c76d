"""Some troubles at some points of a renewal, others in each run; `make chaos` has them all."""

from __future__ import annotations

import os

import pytest
from chaos_points import sample_of

pytestmark = pytest.mark.timeout(180)

SIZE = 12


@pytest.mark.parametrize("number", range(SIZE))
def test_a_renewal_survives_a_trouble_of_this_seed(number, cases, desks, survives):
    seed = int(os.environ["ODC_CHAOS_SEED"])
    case = sample_of(cases, seed, SIZE)[number]
    print(f"ODC_CHAOS_SEED={seed}: {case.id}")
    survives(desks.desk, case)
