"""A worker killed in the middle of storing something: the repeat finds what is there, and mends it."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from envelope_maker import NEW, public_bytes
from faulty_bench import REQUESTS
from soft_token import PIN, Outcome, type_pin

from agent.ground.errors import OdcError
from agent.tokens import protocol
from agent.tokens.supervisor import pin_session

IMPORT = REQUESTS["import"]
HANG = 30.0


async def killed_in(bench, reference, request: protocol.Request, fault: str) -> None:
    """Kill the worker (SIGKILL) while the function of ``fault`` hangs."""
    function = fault.partition("=")[0]
    nth = int(fault.partition("@")[2] or 1)
    async with pin_session(bench.settings, reference) as session:
        assert await type_pin(session, PIN) == Outcome(None, None)
        met = bench.calls()[function]
        bench.switch_on(fault)
        call = asyncio.create_task(session.call(request, seconds=HANG))
        while bench.calls()[function] < met + nth and not call.done():  # noqa: ASYNC110 - other process
            await asyncio.sleep(0.02)
        os.kill(session._process.pid, signal.SIGKILL)
        with pytest.raises(OdcError) as caught:
            await call
        assert caught.value.code == "module_crashed"
    bench.switch_off()


async def found(bench, reference, *requests: protocol.Request) -> list:
    async with pin_session(bench.settings, reference) as session:
        assert await type_pin(session, PIN) == Outcome(None, None)
        return [await session.call(request) for request in requests]


FIND = protocol.FindKeyPair(key=IMPORT.key)
AT = {
    "before anything": ("C_CreateObject=hang@1", (False, False)),
    "between the halves": ("C_CreateObject=hang@2", (True, False)),
}


@pytest.mark.parametrize(("fault", "halves"), AT.values(), ids=AT)
async def test_an_import_killed_on_the_way_is_completed_by_its_repeat(
    bench, reference, fault, halves
):
    await killed_in(bench, reference, IMPORT, fault)
    objects = len(list(bench.tokens.token_folder().glob("*.object")))
    prove = protocol.ProveDecryption(key=IMPORT.key, public_key=public_bytes(NEW))
    before, pair, opens, again = await found(bench, reference, FIND, IMPORT, prove, IMPORT)
    assert (before.private, before.public) == halves
    assert (pair.private, pair.public, opens, again) == (True, True, True, pair)
    left = len(list(bench.tokens.token_folder().glob("*.object")))
    assert left == objects + 2 - sum(halves), "something was left beside the pair"


async def test_a_placeholder_that_a_kill_left_is_removed_by_the_next_check(bench, reference):
    check = REQUESTS["check room"]
    objects = set(bench.tokens.token_folder().glob("*.object"))
    await killed_in(bench, reference, check, "C_DestroyObject=hang")
    assert set(bench.tokens.token_folder().glob("*.object")) > objects
    await found(bench, reference, check)
    assert set(bench.tokens.token_folder().glob("*.object")) == objects
