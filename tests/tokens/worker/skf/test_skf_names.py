"""Lists of names as libraries give them, and names of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.tokens.model import KEY_NAME_BYTES
from agent.tokens.worker.skf.codes import Half
from agent.tokens.worker.skf.key_names import container_of, key_name
from agent.tokens.worker.skf.names import MAX_NAMES, EndlessListError, end_of, split

CONTAINERS = st.binary(min_size=1, max_size=64).filter(lambda name: b"\0" not in name)


@pytest.mark.parametrize("ending", [b"\0\0", b"\0", b"", b"\0\0\0\0"])
def test_names_are_read_whatever_number_of_nuls_ends_them(ending):
    assert split(b"A\0" + "证书".encode("gbk") + ending) == [b"A", "证书".encode("gbk")]


@pytest.mark.parametrize("listed", [b"", b"\0", b"\0\0", b"\0\0\0"])
def test_no_names_at_all(listed):
    assert split(listed) == []


@pytest.mark.parametrize("told", [0, 2, 300, 601, 603, 604, 1000, 4096])
def test_a_list_ends_as_is_told_or_else_where_nothing_follows(told):
    listed = (b"A".ljust(200, b"\0") + b"B".ljust(200, b"\0") + b"C" * 202).ljust(4096, b"\0")
    assert split(listed[: end_of(listed, told)]) == [b"A", b"B", b"C" * 202]


def test_names_in_fields_of_any_length_are_read_if_it_is_told_how_long_all_are():
    listed = (b"A".ljust(1000, b"\0") + b"B").ljust(4096, b"\0")
    assert split(listed[: end_of(listed, 1002)]) == [b"A", b"B"]


@pytest.mark.parametrize("told", [0, 1, 255, 256])
def test_a_full_buffer_has_its_end_where_it_ends(told):
    listed = b"A" * 256
    assert end_of(listed, told) == 256


def test_a_name_that_is_listed_twice_is_one():
    assert split(b"A\0B\0A\0\0") == [b"A", b"B"]


def test_a_list_without_end_is_none():
    names = b"\0".join(b"%d" % number for number in range(MAX_NAMES + 1))
    assert len(split(names.rpartition(b"\0")[0])) == MAX_NAMES
    with pytest.raises(EndlessListError):
        split(names)


@given(st.binary(min_size=KEY_NAME_BYTES, max_size=KEY_NAME_BYTES))
def test_what_the_agent_has_named_goes_by_its_name(name):
    container, half = container_of(name)
    assert half is Half.SIGNATURE
    assert container.isascii()
    assert len(container) == 32, "the shortest limit on record"
    assert key_name(container, half) == name


@given(CONTAINERS, st.sampled_from(Half))
def test_every_pair_has_a_name_of_its_own_by_which_it_is_found_again(container, half):
    assert container_of(key_name(container, half)) == (container, half)


@given(CONTAINERS)
def test_no_pair_that_is_found_is_called_as_the_agent_would_call_one(container):
    name = key_name(container, Half.ENCRYPTION)
    assert len(name) > KEY_NAME_BYTES
    signature = key_name(container, Half.SIGNATURE)
    assert len(signature) > KEY_NAME_BYTES or signature.hex().encode() == container


@pytest.mark.parametrize("name", [b"", b"\x01", b"signature pair of ", b"signature pair of a\0b"])
def test_what_names_no_pair_is_refused(name):
    with pytest.raises(ValueError, match="no key"):
        container_of(name)
