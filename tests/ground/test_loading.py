"""What is loaded at a start is not gone through for garbage, and all else is again afterwards."""

from __future__ import annotations

import gc
import importlib

import pytest

from agent.ground.loading import loading


@pytest.fixture(autouse=True)
def thawed():
    yield
    gc.unfreeze()
    gc.enable()


def test_nothing_is_collected_meanwhile_and_what_was_made_is_left_out_for_good():
    frozen = gc.get_freeze_count()
    with loading():
        assert not gc.isenabled()
        made = [[] for _ in range(5000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(made)


def test_a_module_that_cannot_be_loaded_leaves_the_collector_on():
    with pytest.raises(ImportError), loading():
        importlib.import_module("no_such_module")
    assert gc.isenabled()
