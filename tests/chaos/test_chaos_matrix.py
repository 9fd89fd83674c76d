"""Every trouble at every point of a renewal, on each token of the matrix: `make chaos`."""

from __future__ import annotations

import pytest
from chaos_cases import RENEWAL_SECONDS

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(RENEWAL_SECONDS + 120)]


def test_a_renewal_survives(case, desks_on, survives):
    survives(desks_on(case.token).desk, case)
