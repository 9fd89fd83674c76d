"""What is plugged in, who calls, and what came and went: the whole of what the process knows."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.home import SandboxError
from sandbox.skf_token.device import Device
from sandbox.skf_token.faults import Plan
from sandbox.skf_token.wording import text

PLUGGED, PULLED = 1, 2
"""Events of SKF_WaitForDevEvent (7.1.2)."""


@dataclass(frozen=True)
class DeviceHandle:
    """A device that is connected."""

    device: Device


@dataclass(frozen=True)
class ApplicationHandle:
    """An application that is open."""

    device: Device
    application: str


@dataclass(frozen=True)
class ContainerHandle:
    """A container that is open."""

    device: Device
    application: str
    container: str


@dataclass(eq=False)
class KeyHandle:
    """A session key, and what was begun with it."""

    device: Device
    key: bytes
    algorithm: int
    iv: bytes | None = None
    is_encrypting: bool | None = None


Handle = DeviceHandle | ApplicationHandle | ContainerHandle | KeyHandle


@dataclass(eq=False)
class Client:
    """A process that loaded the library, by all of its connections."""

    number: int
    plan: Plan
    connections: int = 0
    handles: dict[int, Handle] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    events_seen: int = 0
    is_waiting_cancelled: bool = False
    current: tuple[Device, str] | None = None
    """What was opened last, for ``one_device``."""


@dataclass
class Bus:
    """All tokens that are plugged in; whoever looks at it holds :attr:`changed`."""

    folder: Path
    changed: threading.Condition = field(default_factory=threading.Condition)
    """Its lock may be taken again by who has it."""
    plugged: dict[str, Device] = field(default_factory=dict)
    events: list[tuple[int, str]] = field(default_factory=list)
    clients: dict[int, Client] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    plan: Plan = field(default_factory=Plan)
    next_handle: int = field(default_factory=lambda: secrets.randbelow(1 << 29) + 1)
    """No handle of a process that ended is one of the next."""

    def plug(self, name: str) -> None:
        """Plug the token of that name in, unless it is; SandboxError."""
        if name not in self.plugged:
            self.plugged[name] = Device.plugged(name, self.folder / f"{name}.json")
            self._tell(PLUGGED, name)

    def pull(self, name: str) -> None:
        """Pull a token out: who was logged in is no longer; SandboxError where it is not plugged in."""
        device = self.token(name)
        del self.plugged[name]
        device.is_plugged = False
        device.logins.clear()
        self._tell(PULLED, name)

    def token(self, name: str) -> Device:
        """Return a token that is plugged in; SandboxError."""
        if name not in self.plugged:
            raise SandboxError(text("not_plugged", name=name))
        return self.plugged[name]

    def _tell(self, event: int, name: str) -> None:
        self.events.append((event, name))
        self.changed.notify_all()

    def is_idle(self) -> bool:
        """Return whether nothing is plugged in and nobody looks."""
        return not self.plugged and not self.clients

    def came(self, number: int, plan: Plan) -> Client:
        """Return the client of a connection that was made."""
        known = self.clients.get(number)
        if known is None:
            known = self.clients[number] = Client(number, plan, events_seen=len(self.events))
        known.connections += 1
        return known

    def went(self, client: Client) -> None:
        """Forget a client whose last connection ended. What it was logged in to stays so."""
        client.connections -= 1
        if client.connections:
            return
        del self.clients[client.number]
        for device in self.plugged.values():
            device.logins = {login for login in device.logins if login.client != client.number}
            if device.locked_by == client.number:
                device.locked_by = None
        self.changed.notify_all()
