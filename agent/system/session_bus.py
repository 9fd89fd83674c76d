"""The user's D-Bus session bus: calls with a limit of time, signals, and knowing when it has gone.

The only module that speaks to jeepney, which has no types. Nothing here can hang: a service that does
not answer costs the one call its time. Anybody on the bus may send any signal, to all or to us: heard are
those of the service alone, told by the sender's unique name, which the bus writes (D-Bus Specification,
"Message Bus Message Routing").
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CALL_SECONDS = 5.0
"""A local service answers within milliseconds, or is started, or hangs."""

Signal = Callable[[str, tuple[Any, ...]], None]
"""Called with a signal's name and its arguments."""


class BusError(Exception):
    """The bus, or a service on it, cannot be reached or refuses."""


class BusTimeoutError(BusError):
    """A service takes calls and does not answer."""


@dataclass(frozen=True, slots=True)
class Service:
    """One interface of one object of a service."""

    name: str
    path: str
    interface: str


@dataclass(frozen=True, slots=True)
class _Listener:
    service: Service
    on_signal: Signal
    on_other_owner: Callable[[], None]


BUS = Service("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


class SessionBus:
    """One connection to the session bus."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - jeepney is untyped
        self._connection = connection
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._listeners: dict[str, _Listener] = {}
        self._owners: dict[str, str] = {}
        self._receiving = asyncio.create_task(self._receive())

    @classmethod
    async def connect(cls) -> SessionBus:
        """Connect to the bus of this user's session.

        Raises:
            BusError: there is none, or it does not answer.
        """
        address = _address()
        if address is None:
            raise BusError("no session bus")
        try:
            # Here: who shows no notice need not load it.
            from jeepney.io.asyncio import open_dbus_connection  # noqa: PLC0415

            opening = open_dbus_connection(address)
            async with asyncio.timeout(CALL_SECONDS):
                return cls(await opening)
        except TimeoutError as error:
            raise BusTimeoutError("the session bus does not answer") from error
        except Exception as error:  # its library raises what its parsers raise
            raise BusError(f"no session bus: {type(error).__name__} {error}") from error

    @property
    def is_open(self) -> bool:
        """Whether the bus is still there."""
        return not self._receiving.done()

    async def call(
        self,
        service: Service,
        method: str,
        signature: str = "",
        *arguments: object,
        seconds: float | None = None,
    ) -> tuple[Any, ...]:
        """Call a method and return its results.

        Raises:
            BusTimeoutError: no answer within ``seconds``, ``CALL_SECONDS`` where nothing is said.
            BusError: the service is not there, or refuses; or the bus has gone.
        """
        from jeepney import DBusAddress, MessageType, new_method_call  # noqa: PLC0415

        if not self.is_open:
            raise BusError("the session bus has gone")
        address = DBusAddress(service.path, bus_name=service.name, interface=service.interface)
        message = new_method_call(address, method, signature or None, arguments)
        serial = next(self._connection.outgoing_serial)
        answer = self._answers[serial] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(CALL_SECONDS if seconds is None else seconds):
                await self._connection.send(message, serial=serial)
                reply = await answer
        except TimeoutError as error:
            raise BusTimeoutError(f"{service.name} does not answer") from error
        except OSError as error:
            raise BusError(f"the session bus has gone: {error}") from error
        finally:
            self._answers.pop(serial, None)
        if reply.header.message_type is MessageType.error:
            raise BusError(str(reply.body[0] if reply.body else service.name)[:200])
        return tuple(reply.body)

    async def listen(
        self, service: Service, on_signal: Signal, on_other_owner: Callable[[], None]
    ) -> None:
        """Hear the signals of a service; a second listener to its interface replaces the first.

        Args:
            service: who is listened to: whoever owns its name at the time.
            on_signal: told of each signal of its interface.
            on_other_owner: called when another program has its name, or none.
        """
        self._listeners[service.interface] = _Listener(service, on_signal, on_other_owner)
        of_bus = f"type='signal',sender='{BUS.name}',interface='{BUS.interface}'"
        changes = f"{of_bus},member='NameOwnerChanged',arg0='{service.name}'"
        own = f"interface='{service.interface}',path='{service.path}'"
        await self.call(BUS, "AddMatch", "s", changes)
        await self.call(BUS, "AddMatch", "s", f"type='signal',sender='{service.name}',{own}")
        with contextlib.suppress(BusError):  # nobody has it yet
            (owner,) = await self.call(BUS, "GetNameOwner", "s", service.name)
            # A change that was told meanwhile is newer.
            self._owners.setdefault(service.name, owner)

    async def has_owner(self, name: str) -> bool:
        """Return whether a service is on the bus."""
        (has_owner,) = await self.call(BUS, "NameHasOwner", "s", name)
        return bool(has_owner)

    async def close(self) -> None:
        """Close the connection."""
        self._receiving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._receiving
        with contextlib.suppress(OSError):
            await self._connection.close()

    async def _receive(self) -> None:
        from jeepney import HeaderFields, MessageType  # noqa: PLC0415

        try:
            while True:
                message = await self._connection.receive()
                fields = message.header.fields
                if message.header.message_type is MessageType.signal:
                    self._hear(fields, message.body, HeaderFields)
                    continue
                answer = self._answers.get(fields.get(HeaderFields.reply_serial, 0))
                if answer is not None and not answer.done():
                    answer.set_result(message)
        except (OSError, EOFError):
            pass
        finally:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(BusError("the session bus has gone"))

    def _hear(self, fields: Any, body: Any, names: Any) -> None:  # noqa: ANN401 - jeepney is untyped
        sender, member = fields.get(names.sender), str(fields.get(names.member, ""))
        if sender == BUS.name:
            if member == "NameOwnerChanged":
                self._hear_of_owner(*body)
            return
        listener = self._listeners.get(fields.get(names.interface, ""))
        if listener is not None and sender == self._owners.get(listener.service.name):
            # After who waits for an answer that came before has gone on.
            asyncio.get_running_loop().call_soon(listener.on_signal, member, tuple(body))

    def _hear_of_owner(self, name: str, _before: str, owner: str) -> None:
        self._owners[name] = owner
        for listener in self._listeners.values():
            if listener.service.name == name:
                asyncio.get_running_loop().call_soon(listener.on_other_owner)


def _address() -> str | None:
    """Return where the session bus is: what the environment says, else systemd's place for it."""
    named = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    if named:
        return named
    folder = os.environ.get("XDG_RUNTIME_DIR")
    bus = os.path.join(folder, "bus") if folder else ""  # noqa: PTH118
    return f"unix:path={bus}" if bus and os.path.exists(bus) else None  # noqa: PTH110
