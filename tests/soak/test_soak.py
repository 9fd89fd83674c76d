"""One agent takes no more after much work than it took after a little."""

from __future__ import annotations

import os

import pytest
from soak_footprint import at_rest
from soak_loads import Loads

SHARE = float(os.environ.get("ODC_SOAK_SHARE") or 0.02)
"""How much of the whole is done; ``make soak`` does all of it."""
WHOLE = {"insertions": 1000, "windows": 1000, "requests": 20_000, "renewals": 200}
WARM_UP = 0.1
"""Of what follows: by then is taken what is taken once, by Python, by its threads, by caches."""
FEWEST = 5
"""Of each load: of five renewals one has a dossier."""
LAST = {"windows": 1}
"""A window before each look: after it an agent comes to rest in one way only."""
MOST_GROWTH = 1.1
"""Times the memory after the warm-up."""

pytestmark = [pytest.mark.soak, pytest.mark.timeout(200 + 12_000 * SHARE)]


def test_an_agent_takes_no_more_after_much_work_than_after_a_little(worn, capsys):
    with Loads(worn) as loads:
        loads.do(_part(WARM_UP * SHARE))
        loads.crowd()
        loads.do(LAST)
        before = at_rest(worn.agent, worn.folders)
        taken = loads.do(_part(SHARE))
        loads.do(LAST)
        after = at_rest(worn.agent, worn.folders)
    with capsys.disabled():
        print(f"\nbefore: {before}\nafter:  {after}")
        print(f"seconds: {taken}\nrequests: {dict(loads.portals.answers)}")
    assert not after.more_than(before)
    assert after.own <= MOST_GROWTH * before.own
    assert loads.portals.answers["answered"]


def _part(share: float) -> dict[str, int]:
    return {name: max(round(share * number), FEWEST) for name, number in WHOLE.items()}
