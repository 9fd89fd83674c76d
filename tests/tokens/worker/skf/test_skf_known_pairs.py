"""A pair that a listing knows for its certificate's is not read again; when nothing is known of one."""

from __future__ import annotations

import copy

import pytest
from skf_bench import application, sm2_half
from skf_desk import LABEL, SkfDesk, both_pairs, one_pair
from sm2_key import Sm2Key

from agent.ground.bus import EventBus
from agent.ground.errors import OdcError
from agent.tokens.inventory import Inventory
from sandbox.skf_token.state import Container, Half


def pairs_read(desk: SkfDesk) -> int:
    """How often public keys were asked for so far."""
    return desk.bench.report().calls.get("SKF_ExportPublicKey", 0)


def has_keys(desk: SkfDesk) -> list[bool | None]:
    return [found.has_private_key for found in desk.token.certificates]


def write(desk: SkfDesk, half: Half) -> None:
    """What another program does to the pair that signs, or to its certificate."""
    with desk.bench.bus.changed:
        device = desk.bench.bus.plugged["key"]
        with device.changing():
            device.state.applications[0].containers[0].signing = half


def another_pair() -> Half:
    """A pair that is made in the place of the first; its certificate stays for now."""
    return sm2_half(Sm2Key.new(), both_pairs().signing.certificate)


@pytest.fixture
def known(desk) -> SkfDesk:
    """A token that was listed."""
    assert has_keys(desk) == [True, True]
    return desk


def test_a_pair_is_read_once_while_its_certificate_and_device_stay(known):
    before, content = pairs_read(known), known.content()
    assert content == known.content()
    assert pairs_read(known) == before


def test_but_again_where_all_is_to_be_read_anew(known):
    write(known, another_pair())
    known.module.forget()
    assert has_keys(known) == [False, True]


def test_a_pair_is_read_again_once_its_device_was_not_there(known):
    known.bench.pull()
    assert known.content().tokens == ()
    known.bench.plug()
    write(known, another_pair())
    assert has_keys(known) == [False, True]


def test_of_another_device_by_that_name(known):
    known.bench.pull()
    imitation = copy.deepcopy(both_pairs())
    imitation.signing = another_pair()
    known.bench.make("key", application(imitation), label=LABEL)
    known.bench.plug()
    assert has_keys(known) == [False, True]


def test_of_another_certificate(known):
    own = both_pairs().signing
    write(known, Half(private=own.private, public=own.public, certificate=one_pair().certificate))
    assert has_keys(known) == [False, True]


def test_of_the_same_certificate_in_another_container(known):
    stranger = Container(name="OTHER", kind=both_pairs().kind, signing=another_pair())
    with known.bench.bus.changed:
        known.bench.bus.plugged["key"].state.applications[0].containers.append(stranger)
    assert has_keys(known) == [True, True, False]


@pytest.mark.parametrize("code", ["0x0A00000E", "0x0A000023"])
@pytest.mark.parametrize("call", ["ConnectDev", "OpenContainer", "ExportCertificate"])
def test_of_a_device_of_which_anything_failed(known, call, code):
    """Of the certificates the last one, when the others had been read."""
    turn = known.bench.report().calls["SKF_ExportCertificate"] + 2
    known.bench.misbehave(f"SKF_{call}={code}" + f"!{turn}" * (call == "ExportCertificate"))
    content = known.content()
    assert not content.tokens or content.problems
    known.bench.misbehave("")
    write(known, another_pair())
    assert has_keys(known) == [False, True]


def test_of_all_after_they_could_not_be_listed(known):
    known.bench.misbehave("SKF_EnumDev=0x0A000001")
    with pytest.raises(OdcError):
        known.content()
    known.bench.misbehave("")
    write(known, another_pair())
    assert has_keys(known) == [False, True]


def test_that_a_pair_is_none_or_another_or_not_to_be_read_is_not_kept(desk):
    own = both_pairs().signing
    for wrong in (Half(certificate=own.certificate), another_pair()):
        write(desk, wrong)
        assert has_keys(desk) == [False, True]
        assert has_keys(desk) == [False, True]
        write(desk, own)
        assert has_keys(desk) == [True, True]
        desk.module.forget()
    desk.bench.misbehave("SKF_ExportPublicKey=older_draft")
    assert has_keys(desk) == [None, None]
    desk.bench.misbehave("")
    assert has_keys(desk) == [True, True]


async def test_whoever_asks_for_a_refresh_has_each_pair_read(desk):
    inventory = Inventory((desk.settings,), EventBus())
    [reader] = inventory.readers
    try:
        await inventory.refresh()
        write(desk, another_pair())
        before = pairs_read(desk)
        await inventory.read(reader)  # as after an event
        assert pairs_read(desk) == before
        [token] = (await inventory.refresh()).tokens
        assert [held.has_private_key for held in token.certificates] == [False, True]
        before = pairs_read(desk)
        await inventory.read(reader)
        assert pairs_read(desk) == before + 1, "a refresh is one listing"
    finally:
        await inventory.close()
