"""Changing a PIN on a real SoftHSM, through the broker and a worker of its own."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest
from pin_desk import PinDesk, type_in
from soft_token import LABEL, MODULE, PIN

from agent.tokens.errors import PinEntryBusyError
from agent.tokens.model import PinLimits, PinState
from agent.tokens.pin_change import PinChanged

NEW = "246801"
WRONG = "000000"


@pytest.fixture
async def desk(tokens, tmp_path):
    async with PinDesk(tokens.settings, tmp_path) as desk:
        yield desk


async def test_a_pin_is_changed_and_told_without_a_secret(desk, caplog):
    caplog.set_level(logging.DEBUG)
    assert await desk.change_pin(PIN, NEW) is None
    assert PinChanged(token=desk.token) in desk.events
    assert f"PIN changed token={LABEL}" in caplog.text
    for secret in (PIN, NEW):
        assert secret not in caplog.text
        assert secret not in repr(desk.events)
    assert await desk.log_in(NEW) == "done"
    assert (await desk.log_in(PIN)).code == "pin_incorrect"


async def test_a_wrong_old_pin_costs_a_try_and_says_so(desk):
    told = await desk.change_pin(WRONG, NEW)
    assert told.code == "old_pin_incorrect"
    assert "旧密码错误" in told.report().message_zh
    await desk.inventory.refresh()
    assert desk.state is PinState.COUNT_LOW
    assert await desk.log_in(PIN) == "done"


async def test_the_offer_has_the_tokens_own_limits(desk):
    offer = (await desk.ask_to_change()).offer
    assert offer.pin_limits == PinLimits(shortest=4, longest=255)
    assert not offer.has_pin_pad


@pytest.mark.parametrize(
    ("new", "rule"),
    [("135", "too_short"), ("111111", "repeated"), (PIN, "unchanged"), ("654321", "sequence")],
)
async def test_the_worker_refuses_what_the_terminal_should_have_refused(desk, new, rule):
    told = await desk.change_pin(PIN, new)
    assert (told.code, told.values["rule"]) == ("new_pin_refused", rule)
    await desk.inventory.refresh()
    assert desk.state is PinState.OK
    assert await desk.log_in(PIN) == "done"


@pytest.mark.parametrize("sent", [(), (PIN,), (PIN, NEW, NEW)])
async def test_anything_but_two_pins_changes_nothing(desk, sent):
    assert (await desk.change_pin(*sent)).code == "pin_form"
    assert await desk.log_in(PIN) == "done"


@pytest.mark.parametrize("sent", [(), (PIN, NEW)])
async def test_anything_but_one_pin_is_no_login(desk, sent):
    asked = await desk.ask()
    assert (await type_in(asked, *sent)).code == "pin_form"
    assert desk.state is PinState.OK


async def test_one_pin_of_a_token_is_asked_for_at_a_time(desk):
    asked = await desk.ask()
    for asking in (desk.ask, desk.ask_to_change):
        with pytest.raises(PinEntryBusyError):
            await asking()
    asked.abandon()
    await asyncio.wait({asked.task})
    assert await desk.log_in(PIN) == "done"


async def test_who_was_told_that_the_pin_is_changed_may_ask_at_once(desk):
    for old, new in ((PIN, NEW), (NEW, PIN)):
        assert await type_in(await desk.ask_to_change(), old, new) is None
    assert await desk.log_in(PIN) == "done"


async def test_a_session_nobody_waits_for_ends_without_a_try(desk, tokens):
    asking = asyncio.create_task(desk.ask())
    await asyncio.sleep(0)
    [asked] = desk.sessions._asked.values()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.wait({asked.task})
    assert desk.outcomes.empty()
    assert await desk.log_in(PIN) == "done"


async def test_the_tokens_are_read_again_after_a_try(desk):
    await desk.log_in(WRONG)
    await desk.until_flags_say(PinState.COUNT_LOW)
    await desk.log_in(PIN)
    await desk.until_flags_say(PinState.OK)


async def test_another_program_takes_the_new_pin_only(desk, tokens):
    assert await desk.change_pin(PIN, NEW) is None

    def login(pin: str) -> int:
        command = ["pkcs11-tool", "--module", MODULE, "--login", "--pin", pin, "-O"]
        return subprocess.run(
            command,
            capture_output=True,
            check=False,
            env={"PATH": "/usr/bin:/bin", **tokens.settings.environment},
        ).returncode

    assert login(NEW) == 0
    assert login(PIN) != 0


_READ = """
import sys, pkcs11
from agent.tokens.worker.cryptoki.token_info import read_token_info
slot = pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2]).slot.slot_id
print(read_token_info(sys.argv[1], slot))
"""


def test_what_a_token_does_not_tell_is_not_made_up(tokens):
    told = tokens._run(sys.executable, "-c", _READ, MODULE, LABEL)
    assert "free_public_memory=None, free_private_memory=None" in told
