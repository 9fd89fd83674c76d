"""Tokens: which modules there are, what is plugged in, when it changes, what a PIN is asked for."""

from __future__ import annotations

from functools import partial

import msgspec

from agent.building.shared import Shared
from agent.remembered.service import Remembered
from agent.remembered.store import TokenStore
from agent.settings.config import Config
from agent.tokens.discovery import Discovery, find_modules, this_system
from agent.tokens.drivers import Drivers, serving
from agent.tokens.events import system_events
from agent.tokens.inventory import Inventory
from agent.tokens.pin_memory import PinMemory
from agent.tokens.pin_sessions import PinSessions
from agent.tokens.watching import Watch


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What the agent has to do with tokens."""

    drivers: Drivers
    inventory: Inventory
    remembered: Remembered
    watch: Watch
    pins: PinSessions


def build_tokens(shared: Shared) -> Tokens:
    """Look for modules; none is loaded yet."""
    around = this_system(shared.paths.module_tables)

    def look(config: Config) -> Discovery:
        return find_modules(config.modules or (), around if config.looks_around else None)

    discovery = look(shared.config())
    inventory = Inventory(serving(discovery), shared.bus)
    remembered = _remembered(shared, inventory)
    inventory.digest = remembered.digest
    pins = PinSessions(inventory, PinMemory(shared.paths.pin_states, shared.damages), shared.bus)
    return Tokens(
        drivers=Drivers(lambda: partial(look, shared.config()), discovery, inventory, pins),
        inventory=inventory,
        remembered=remembered,
        watch=Watch(inventory, system_events(), poll_seconds=lambda: shared.config().poll_seconds),
        pins=pins,
    )


def _remembered(shared: Shared, inventory: Inventory) -> Remembered:
    return Remembered(
        inventory=inventory,
        store=TokenStore(shared.paths.remembered_tokens, shared.damages),
        bus=shared.bus,
        clock=shared.clock,
        is_on=lambda: shared.config().tokens.remember,
    )
