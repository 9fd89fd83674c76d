"""The broker of PINs over one module, as the agent puts it together, and somebody who types."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Self

from agent.ground.bus import Event, EventBus
from agent.ground.errors import OdcError
from agent.tokens.inventory import Inventory
from agent.tokens.model import ModuleSettings, PinState, TokenReference
from agent.tokens.pin import send_pin
from agent.tokens.pin_change import PinChange
from agent.tokens.pin_memory import PinMemory
from agent.tokens.pin_sessions import AskedPin, PinSessions, PinWish
from agent.tokens.pin_states import PinPurpose
from agent.tokens.supervisor import PinSession


class PinDesk:
    """Asks for PINs of the only token and keeps what came of it."""

    def __init__(self, module: ModuleSettings, folder: Path) -> None:
        self.folder = folder
        self.bus = EventBus()
        self.events: list[Event] = []
        self.bus.subscribe(self.events.append)
        self.inventory = Inventory((module,), self.bus)
        self.memory = PinMemory(folder / "pins.json")
        self.sessions = PinSessions(self.inventory, self.memory, self.bus)
        self.change = PinChange(self.sessions, self.bus)
        self.outcomes: asyncio.Queue[str | OdcError] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        await self.inventory.refresh()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.sessions.close()
        await self.inventory.close()

    @property
    def token(self) -> TokenReference:
        [token] = self.inventory.snapshot.tokens
        return token.reference

    @property
    def state(self) -> PinState:
        """What is told of the token's PIN now."""
        [token] = self.sessions.shown(self.inventory.snapshot).tokens
        return token.facts.pin_state

    async def until_flags_say(self, state: PinState) -> None:
        """Wait until a reading by itself found the token's flags so."""
        changed = asyncio.Event()
        with self.bus.listening(lambda _event: changed.set()):
            while self.inventory.snapshot.tokens[0].facts.pin_state is not state:
                await changed.wait()
                changed.clear()

    async def ask(self, *, consents: bool = False) -> AskedPin:
        """Ask for the PIN of a step that does nothing."""

        async def step(session: PinSession) -> str:
            return "done"

        wish = PinWish(token=self.token, purpose=PinPurpose.SUBMIT, accepts_final_try=consents)
        return await self.sessions.ask(wish, step, self.outcomes.put_nowait)

    async def ask_to_change(self, *, consents: bool = False) -> AskedPin:
        return await self.change.ask(self.token, accepts_final_try=consents)

    async def log_in(self, pin: str, *, consents: bool = False) -> str | OdcError:
        """Enter the PIN of a step and return what came of it."""
        asked = await self.ask(consents=consents)
        typed = await type_in(asked, pin)
        outcome = await self.outcomes.get()
        assert (typed is None) == (outcome == "done"), "both sides are told the same"
        return outcome

    async def change_pin(self, *pins: str, consents: bool = False) -> OdcError | None:
        """Change the PIN and return what who typed was told."""
        asked = await self.ask_to_change(consents=consents)
        told = await type_in(asked, *pins)
        await asyncio.wait({asked.task})
        return told


async def type_in(asked: AskedPin, *pins: str) -> OdcError | None:
    """Send what is typed, and return the error who typed is told, or None."""
    typed = [bytearray(pin.encode()) for pin in pins]
    try:
        await asyncio.to_thread(send_pin, asked.offer.endpoint, *typed)
    except OdcError as error:
        return error
    finally:
        assert not any(any(secret) for secret in typed), "it is wiped"
    return None
