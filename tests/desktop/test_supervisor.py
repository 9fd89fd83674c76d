from __future__ import annotations

import pytest

from agent.desktop.supervisor import TraySupervisor, next_delay


async def adopt_nothing(inherited):
    inherited.close()


async def test_without_a_display_no_child_is_started(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    supervisor = TraySupervisor(adopt_nothing)
    supervisor.start()
    assert supervisor._task is None
    assert supervisor.pid is None
    await supervisor.close()


def test_pauses_between_short_lives_double_up_to_five_minutes():
    delays, delay = [], 0.0
    for _ in range(11):
        delay = next_delay(delay, lifetime=0.5)
        delays.append(delay)
    assert delays == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.parametrize(("lifetime", "delay"), [(59, 300), (61, 1)])
def test_a_minute_of_life_makes_the_pause_short_again(lifetime, delay):
    assert next_delay(300, lifetime) == delay
