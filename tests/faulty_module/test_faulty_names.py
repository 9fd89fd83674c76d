"""Modules that list a token twice, or whose tokens have no name: read, and used with a PIN."""

from __future__ import annotations

import asyncio

import pytest
from faulty_bench import DER, KEY_ID, Bench
from soft_token import PIN, Outcome, type_pin

from agent.cli.tokens.certificates import token_lines
from agent.ground.bus import EventBus
from agent.ground.language import Language
from agent.system.paths import find_paths
from agent.tokens import protocol
from agent.tokens.errors import TokenAmbiguousError
from agent.tokens.inventory import Inventory
from agent.tokens.pin import send_pin
from agent.tokens.pin_change import PinChange
from agent.tokens.pin_memory import PinMemory
from agent.tokens.pin_sessions import PinSessions
from agent.tokens.supervisor import pin_session

FAULTS = (
    ("C_GetSlotList=twice",),
    ("C_GetTokenInfo=blank",),
    ("C_GetSlotList=twice", "C_GetTokenInfo=blank"),
)
SIGN = protocol.SignData(key=KEY_ID, data=b"data")


@pytest.fixture
async def inventory(bench):
    inventory = Inventory((bench.settings,), EventBus())
    yield inventory
    await inventory.close()


@pytest.mark.parametrize("faults", FAULTS)
async def test_the_token_is_listed_once_and_signs(bench: Bench, inventory, faults):
    bench.switch_on(*faults)
    snapshot = await inventory.refresh()
    [token] = snapshot.tokens
    assert snapshot.problems == ()
    assert token.facts.label
    async with pin_session(bench.settings, token.reference, DER) as session:
        assert await type_pin(session, PIN) == Outcome(None, None)
        assert await session.call(SIGN)
    assert bench.calls()["C_Login"] == 1


@pytest.mark.parametrize("faults", FAULTS)
async def test_its_pin_is_changed(bench: Bench, inventory, faults):
    bench.switch_on(*faults)
    [token] = (await inventory.refresh()).tokens
    sessions = PinSessions(inventory, PinMemory(find_paths().pin_states), EventBus())
    asked = await PinChange(sessions, EventBus()).ask(token.reference, accepts_final_try=False)
    pins = bytearray(PIN.encode()), bytearray(b"975310")
    await asyncio.to_thread(send_pin, asked.offer.endpoint, *pins)
    await asked.task
    async with pin_session(bench.settings, token.reference, DER) as session:
        assert await type_pin(session, "975310") == Outcome(None, None)
    await sessions.close()


async def test_without_a_certificate_two_slots_stay_two_and_no_pin_is_tried(
    bench: Bench, inventory
):
    [token] = (await inventory.refresh()).tokens
    bench.switch_on("C_GetSlotList=twice")
    with pytest.raises(Exception) as refused:
        async with pin_session(bench.settings, token.reference):
            pass
    assert refused.value.code == TokenAmbiguousError.code


@pytest.mark.parametrize(
    ("model", "serial", "head"),
    [
        ("SoftHSM v2", "", "KEY  (SoftHSM v2)"),
        ("", "12", "KEY  (12)"),
        ("", "", "KEY"),
        ("M", "12", "KEY  (M, 12)"),
    ],
)
def test_what_a_token_does_not_tell_leaves_no_gap(model, serial, head):
    token = {"label": "KEY", "model": model, "serial": serial, "present": True, "certificates": []}
    assert next(token_lines(token, Language.EN, has_all=False)) == head
