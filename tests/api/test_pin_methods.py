"""What the methods about PINs take and answer, over real sockets and a real token. Needs softhsm2."""

from __future__ import annotations

import asyncio

import pytest
from api_desk import names
from soft_token import LABEL, PIN

from agent.api.registry import Role
from agent.api.views.pins import PinPrompt
from agent.tokens.errors import PinIncorrectError, PinLockedError
from agent.tokens.model import PinState
from agent.tokens.pin import send_pin

NEW = "246801"


@pytest.fixture
async def token(token_desk):
    await token_desk.inventory.refresh()
    [token] = token_desk.inventory.snapshot.tokens
    return token.reference


@pytest.fixture
def wanted(token):
    return {"token": {"module": token.module, "serial": token.serial, "label": token.label}}


async def state(peer) -> str:
    [token] = (await peer.result("tokens.list"))["tokens"]
    return token["pin_state"]


async def test_a_change_is_offered_with_all_that_is_to_be_known(token_desk, token, wanted):
    prompt = await (await token_desk.control()).result("pin.change", wanted)
    assert set(prompt) == names(PinPrompt)
    assert (prompt["token_label"], prompt["token_serial"]) == (LABEL, token.serial)
    assert (prompt["purpose"], prompt["pin_state"], prompt["has_pin_pad"]) == (
        "change",
        "ok",
        False,
    )
    assert prompt["pin_limits"] == {"shortest": 4, "longest": 255}


async def test_a_change_is_told_to_subscribers_without_the_pins(token_desk, token, wanted):
    peer, watcher = await token_desk.control(), await token_desk.control()
    await watcher.result("events.subscribe")
    prompt = await peer.result("pin.change", wanted)
    pins = bytearray(PIN.encode()), bytearray(NEW.encode())
    await asyncio.to_thread(send_pin, prompt["endpoint"], *pins)
    while (event := (await watcher.receive())["params"])["event"] != "pin_changed":
        pass
    assert event == {"event": "pin_changed", **wanted["token"]}


async def test_the_last_try_wants_consent_in_the_request(token_desk, token, wanted):
    token_desk.pins._memory.has_tried(token, PinIncorrectError(pin_state=PinState.FINAL_TRY))
    peer = await token_desk.control()
    assert await state(peer) == "final_try"
    assert (await peer.refusal("pin.change", wanted))[1] == "pin_final_try"
    assert (await peer.refusal("pin.change", wanted | {"accept_final_try": False}))[1] == (
        "pin_final_try"
    )
    assert await peer.result("pin.change", wanted | {"accept_final_try": True})


async def test_a_remembered_lock_is_shown_and_opened_by_word_only(token_desk, token, wanted):
    token_desk.pins._memory.has_tried(token, PinLockedError())
    peer = await token_desk.control()
    assert await state(peer) == "locked"
    refusal = await peer.refusal("pin.change", wanted | {"accept_final_try": True})
    assert refusal[1] == "pin_locked"
    assert await peer.result("pin.unlocked", wanted) == {}
    assert await state(peer) == "ok"


async def test_who_goes_away_frees_the_token_for_others(token_desk, wanted):
    first, second = await token_desk.control(), await token_desk.control()
    await first.result("pin.change", wanted)
    assert (await second.refusal("pin.change", wanted))[1] == "pin_entry_busy"
    [asked] = token_desk.pins._asked.values()
    await first.close()
    await asyncio.wait({asked.task})
    assert await second.result("pin.change", wanted)


async def test_a_token_that_is_not_there_has_no_pin_to_change(token_desk, wanted):
    peer = await token_desk.control()
    missing = {"token": {**wanted["token"], "serial": "0" * 16}}
    assert (await peer.refusal("pin.change", missing))[1] == "token_missing"


def test_pins_are_for_the_users_own_tools(token_desk):
    for role in (Role.TRAY, Role.BROWSER):
        assert not {"pin.change", "pin.unlocked"} & set(token_desk.registry.names_for(role))
