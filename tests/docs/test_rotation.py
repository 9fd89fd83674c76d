"""Tests that take long go by turns: none is left out for good, and of the others none is left out at all."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest
import rotation


@pytest.mark.parametrize("turns", [1, 2, 3, 7])
def test_every_test_has_one_turn_in_so_many_commits(monkeypatch, turns):
    slow, quick = ([_test(room, name) for name in range(20)] for room in ("journey", "keys"))
    ran = Counter()
    for commit in range(100, 100 + turns):
        monkeypatch.setattr(rotation, "_commit", lambda commit=commit: commit)
        kept, left = rotation.by_turns([*slow, *quick], turns)
        assert {id(test) for test in kept}.isdisjoint(id(test) for test in left)
        ran.update(id(test) for test in kept)
    assert {ran[id(test)] for test in slow} == {1}
    assert {ran[id(test)] for test in quick} == {turns}


@pytest.mark.parametrize("turns", [2, 4])
def test_what_failed_has_its_turn_again_when_tried_alone(monkeypatch, turns):
    monkeypatch.setattr(rotation, "_commit", lambda: 11)
    kept, _ = rotation.by_turns([_test("journey", name) for name in range(20)], turns)
    assert kept
    for test in kept:
        assert rotation.by_turns([test], turns) == ([test], [])


@pytest.mark.parametrize("room", sorted(rotation.ROOMS))
def test_the_rooms_are_there(room):
    assert list((rotation.TESTS / room).glob("test_*.py")) or list(
        (rotation.TESTS / room).glob("*/test_*.py")
    )


def _test(room, name):
    return SimpleNamespace(
        path=rotation.TESTS / room / "test_it.py", nodeid=f"tests/{room}/test_it.py::test_{name}"
    )
