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


@pytest.mark.parametrize("commit", [11, 12])
def test_a_group_has_no_say_in_whose_turn_it_is(monkeypatch, commit):
    monkeypatch.setattr(rotation, "_commit", lambda: commit)
    names = [f"{name}[a@b]" for name in range(20)]
    alone, _ = rotation.by_turns([_test("browser", name, "one") for name in names], 4)
    grouped = [_test("browser", name, "one") for name in names]
    for test in grouped:
        test.nodeid += "@one"
    beside, _ = rotation.by_turns(grouped, 4)
    assert [f"{test.nodeid}@one" for test in alone] == [test.nodeid for test in beside]


def test_by_no_turns_those_that_take_long_are_left_out():
    slow, quick = ([_test(room, name) for name in range(20)] for room in ("journey", "keys"))
    assert rotation.by_turns([*slow, *quick], 0) == (quick, slow)


@pytest.mark.parametrize("room", sorted(rotation.ROOMS))
def test_the_rooms_are_there(room):
    assert list((rotation.TESTS / room).glob("test_*.py")) or list(
        (rotation.TESTS / room).glob("*/test_*.py")
    )


def _test(room, name, group=None):
    marks = [] if group is None else [pytest.mark.xdist_group(group).mark]
    return SimpleNamespace(
        path=rotation.TESTS / room / "test_it.py",
        nodeid=f"tests/{room}/test_it.py::test_{name}",
        iter_markers=lambda _name: iter(marks),
    )
