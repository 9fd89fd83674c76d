"""Tries and PIN change on a card that really locks: OpenSC's module over a pcscd of their own."""

from __future__ import annotations

import pytest
from pin_desk import PinDesk, type_in
from usb_desk import PIN, WRONG

from agent.ground.errors import OdcError
from agent.tokens.model import PinState
from agent.tokens.pin_change import PinChanged
from sandbox.usb_token.pins import TRIES

NEW = "246801"


@pytest.fixture
async def desk(usb, tmp_path):
    usb.format("usbkey")
    async with PinDesk(usb.settings, tmp_path) as desk:
        yield desk


async def code_of(asking) -> str:
    with pytest.raises(OdcError) as caught:
        await asking
    return caught.value.code


async def test_the_last_try_wants_consent_and_a_lock_leads_to_the_counter(usb, desk):
    for _ in range(TRIES - 2):
        assert (await desk.log_in(WRONG)).code == "pin_incorrect"
        assert desk.state is PinState.COUNT_LOW
    assert (await desk.log_in(WRONG)).values["pin_state"] == "final_try"
    # A fresh process is told nothing of it by OpenSC 0.23 for this card; it is remembered.
    await desk.inventory.refresh()
    assert desk.state is PinState.FINAL_TRY
    assert await code_of(desk.ask()) == "pin_final_try"
    assert await code_of(desk.ask_to_change()) == "pin_final_try"
    locked = await desk.log_in(WRONG, consents=True)
    assert locked.code == "pin_locked"
    assert "备齐资料前往窗口现场办理解锁" in locked.report().advice_zh
    assert await code_of(desk.ask(consents=True)) == "pin_locked"
    assert desk.state is PinState.LOCKED
    assert usb.log_in(PIN)[0][0] == "PinLocked"


async def test_a_token_unlocked_at_the_counter_is_used_again(usb, desk):
    for number in range(TRIES):
        await desk.log_in(WRONG, consents=number == TRIES - 1)
    assert desk.state is PinState.LOCKED
    usb.unblock("usbkey", NEW)
    assert await code_of(desk.ask()) == "pin_locked"
    desk.sessions.was_unlocked(desk.token)
    assert await desk.log_in(NEW) == "done"
    assert desk.state is PinState.OK


async def test_the_last_try_with_the_right_pin_gives_all_tries_back(desk):
    for _ in range(TRIES - 1):
        await desk.log_in(WRONG)
    assert await desk.log_in(PIN, consents=True) == "done"
    assert desk.state is PinState.OK
    assert await desk.log_in(PIN) == "done"


async def test_a_pin_is_changed_on_the_card(usb, desk):
    assert await desk.change_pin(PIN, NEW) is None
    assert PinChanged(token=desk.token) in desk.events
    assert usb.log_in(NEW)[0][0] == ""
    assert usb.log_in(PIN)[0][0] == "PinIncorrect"


async def test_a_wrong_old_pin_costs_one_try_of_the_card_and_says_so(usb, desk):
    told = await desk.change_pin(WRONG, NEW)
    assert told.code == "old_pin_incorrect"
    assert "旧密码错误" in told.report().message_zh
    assert desk.state is PinState.COUNT_LOW
    # Exactly one is gone: so many more lead to the last try.
    for number in range(1, TRIES):
        state = (await desk.log_in(WRONG, consents=True)).values.get("pin_state", "locked")
        assert (state == "final_try") == (number == TRIES - 2)
        assert (state == "locked") == (number == TRIES - 1)


async def test_a_last_try_is_not_used_up_by_a_wrong_old_pin_without_consent(desk):
    for _ in range(TRIES - 1):
        await desk.log_in(WRONG)
    assert await code_of(desk.ask_to_change()) == "pin_final_try"
    assert (await desk.change_pin(PIN, NEW, consents=True)) is None
    assert await desk.log_in(NEW) == "done"


async def test_a_new_pin_has_the_cards_own_limits(desk):
    asked = await desk.ask_to_change()
    limits = asked.offer.pin_limits
    too_long = "2468013579" * 8
    told = await type_in(asked, PIN, too_long[: limits.longest + 1])
    assert (told.code, told.values["rule"]) == ("new_pin_refused", "too_long")
    assert 1 < limits.shortest < limits.longest < 64
