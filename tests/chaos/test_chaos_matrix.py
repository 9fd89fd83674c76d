"""Every trouble at every point of a renewal: `make chaos`."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]


def test_a_renewal_survives(case, desks, survives):
    survives(desks.desk, case)
