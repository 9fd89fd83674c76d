"""Tokens: which modules there are, what is plugged in, when it changes, what a PIN is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from agent.building.shared import Shared
from agent.ground.bus import EventBus
from agent.remembered.service import Remembered
from agent.remembered.store import TokenStore
from agent.settings.config import Config
from agent.system.paths import Paths
from agent.tokens.discovery import Discovery, find_modules, this_system
from agent.tokens.events import system_events
from agent.tokens.inventory import Inventory
from agent.tokens.pin_memory import PinMemory
from agent.tokens.pin_sessions import PinSessions
from agent.tokens.snapshot import Problem, Reading
from agent.tokens.watching import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What the agent has to do with tokens."""

    discovery: Discovery
    inventory: Inventory
    remembered: Remembered
    watch: Watch
    pins: PinSessions


def build_tokens(shared: Shared) -> Tokens:
    """Look for modules; none is loaded yet."""
    config = shared.config()
    discovery = _find_modules(config, shared.paths)
    inventory = _inventory(discovery, shared.bus)
    return Tokens(
        discovery=discovery,
        inventory=inventory,
        remembered=_remembered(shared, inventory),
        watch=Watch(inventory, system_events(), poll_seconds=config.poll_seconds),
        pins=PinSessions(inventory, PinMemory(shared.paths.pin_states), shared.bus),
    )


def _remembered(shared: Shared, inventory: Inventory) -> Remembered:
    return Remembered(
        inventory=inventory,
        store=TokenStore(shared.paths.remembered_tokens, shared.clock),
        bus=shared.bus,
        clock=shared.clock,
        is_on=lambda: shared.config().tokens.remember,
    )


def _find_modules(config: Config, paths: Paths) -> Discovery:
    around = this_system(paths.module_tables) if config.looks_around else None
    return find_modules(config.modules or (), around)


def _inventory(discovery: Discovery, bus: EventBus) -> Inventory:
    unwanted = frozenset(m.settings.path for m in discovery.modules if not m.is_wanted)
    found = tuple(Problem(module="", report=report) for report in discovery.problems)
    return Inventory(discovery.settings, bus, unwanted=unwanted, found=Reading(problems=found))
