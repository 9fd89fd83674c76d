"""Noticing tokens without being told, and which modules there are to look at."""

from __future__ import annotations

import asyncio

from soft_token import LABEL, MODULE

from agent.bus import EventBus
from agent.tokens.discovery import WELL_KNOWN, find_modules
from agent.tokens.inventory import Inventory, TokensChanged
from agent.tokens.model import ModuleSettings
from agent.tokens.watching import Polling, watch


class Doorbell:
    """A source of wake-ups in the hands of a test."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self.waiting = asyncio.Event()

    async def wait(self) -> None:
        self.waiting.set()
        await self._rung.wait()
        self._rung.clear()

    def ring(self) -> None:
        self.waiting.clear()
        self._rung.set()


async def test_tokens_are_listed_at_the_start_and_at_each_wake_up(tokens):
    bus, doorbell = EventBus(), Doorbell()
    changes = []
    bus.subscribe(lambda event: changes.append(event) if event == TokensChanged() else None)
    inventory = Inventory((tokens.settings,), bus)
    watching = asyncio.create_task(watch(inventory, doorbell))
    await doorbell.waiting.wait()
    assert [token.facts.label for token in inventory.snapshot.tokens] == [LABEL]
    tokens.write(("01", "sign", b"anything"))
    assert len(changes) == 1
    doorbell.ring()
    await doorbell.waiting.wait()
    assert len(changes) == 2
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await inventory.close()


async def test_a_module_that_fails_does_not_end_the_watch(tmp_path):
    doorbell = Doorbell()
    inventory = Inventory((ModuleSettings(path=str(tmp_path / "missing.so")),), EventBus())
    watching = asyncio.create_task(watch(inventory, doorbell))
    for _ in range(2):
        await doorbell.waiting.wait()
        assert len(inventory.snapshot.module_problems) == 1
        doorbell.ring()
    await doorbell.waiting.wait()
    assert not watching.done()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await inventory.close()


async def test_polling_wakes_up_by_itself():
    await asyncio.wait_for(Polling(0.001).wait(), 10)


def test_configured_modules_are_taken_as_they_are():
    configured = [ModuleSettings(path="/nowhere.so"), ModuleSettings(path=MODULE)]
    assert find_modules(configured) == tuple(configured)


def test_a_configuration_of_no_modules_is_not_looked_around():
    assert find_modules(()) == ()


def test_without_configuration_installed_modules_are_found(monkeypatch, tmp_path):
    installed, missing = tmp_path / "installed.so", tmp_path / "missing.so"
    installed.touch()
    monkeypatch.setitem(WELL_KNOWN, "linux", (str(missing), str(installed)))
    assert find_modules(None, platform="linux") == (ModuleSettings(path=str(installed)),)


def test_an_unknown_system_has_no_well_known_modules():
    assert find_modules(None, platform="plan9") == ()
