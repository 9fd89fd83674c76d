"""Some troubles at some points of a renewal, others in each run; `make chaos` has them all."""

from __future__ import annotations

import os

import pytest
from chaos_points import sample_of

# The first of them has the cases found, which takes as long as two of them.
pytestmark = pytest.mark.timeout(300, func_only=True)

SEED = int(os.environ["ODC_CHAOS_SEED"])
SIZES = {"software": 12, "skf": 4}
SKF = pytest.mark.xdist_group("chaos-skf")
SAMPLE = [
    pytest.param(token, number, marks=SKF if token == "skf" else ())
    for token, size in SIZES.items()
    for number in range(size)
]


@pytest.fixture
def sampled(token, number, cases_on):
    return sample_of(cases_on(token), SEED, SIZES[token])[number]


@pytest.mark.parametrize(("token", "number"), SAMPLE)
def test_a_renewal_survives_a_trouble_of_this_seed(sampled, desks_on, survives):
    print(f"ODC_CHAOS_SEED={SEED}: {sampled.id}")
    survives(desks_on(sampled.token).desk, sampled)
