"""What tests fetch and build is made once for what it is made of."""

from __future__ import annotations

import os
import time

import cache_folder
import pytest


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(cache_folder, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture
def made():
    return []


def maker(made):
    def make(folder):
        folder.mkdir()
        made.append(folder)

    return make


def test_it_is_made_once_for_what_it_is_made_of(cache, made):
    first = cache_folder.kept("system", "this", maker(made))
    assert cache_folder.kept("system", "this", maker(made)) == first
    other = cache_folder.kept("system", "that", maker(made))
    assert made == [first, other]
    assert first.exists(), "another checkout may be at work in it"


def test_one_that_was_not_finished_is_made_anew(cache, made):
    def fail(folder):
        folder.mkdir()
        raise AssertionError("half done")

    with pytest.raises(AssertionError):
        cache_folder.kept("system", "this", fail)
    assert cache_folder.kept("system", "this", maker(made)) == made[0]


def test_what_nobody_used_for_a_week_goes(cache, made):
    old = cache_folder.kept("system", "this", maker(made))
    long_ago = time.time() - 8 * 24 * 3600
    os.utime(old.parent / "complete", (long_ago, long_ago))
    cache_folder.kept("system", "that", maker(made))
    assert not old.exists()
