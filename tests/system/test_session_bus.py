"""A real bus with strangers on it: signals are heard of the service that is meant, and of nobody else."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
from jeepney import DBusAddress, HeaderFields, Message, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

from agent.system.session_bus import BUS, Service, SessionBus

SERVICE = Service("org.example.Told", "/org/example/Told", "org.example.Told")


@pytest.fixture
def address(monkeypatch):
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as daemon:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
        yield
        daemon.terminate()


class Program:
    """Somebody else on the bus."""

    def __init__(self) -> None:
        self._connection = open_dbus_connection()

    def own(self) -> None:
        """Become the service, in another's place where there is one."""
        allow_and_replace = 0x1 | 0x2
        request = message_bus.RequestName(SERVICE.name, allow_and_replace)
        self._connection.send_and_get_reply(request)

    def tell(self, word: str, *, to: str = "") -> None:
        """Send the service's signal to all, or to one connection."""
        self._send(new_signal(_address(SERVICE), "Said", "s", (word,)), to)

    def tell_of_owner(self, owner: str, *, to: str) -> None:
        """Send what the bus itself sends when the service has another owner."""
        change = (SERVICE.name, "", owner)
        self._send(new_signal(_address(BUS), "NameOwnerChanged", "sss", change), to)

    def _send(self, message: Message, to: str) -> None:
        """Send a signal and return once the bus has taken it."""
        if to:
            message.header.fields[HeaderFields.destination] = to
        self._connection.send(message)
        self._connection.send_and_get_reply(message_bus.GetId())

    @property
    def name(self) -> str:
        return self._connection.unique_name

    def close(self) -> None:
        self._connection.close()


def _address(service: Service) -> DBusAddress:
    return DBusAddress(service.path, interface=service.interface)


class Heard:
    """What a listener was told."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.changes = 0
        self.changed = asyncio.Event()

    async def listen(self) -> SessionBus:
        bus = await SessionBus.connect()
        await bus.listen(SERVICE, lambda _name, body: self.words.append(body[0]), self._on_change)
        return bus

    def _on_change(self) -> None:
        self.changes += 1
        self.changed.set()


@pytest.fixture
async def heard(address):
    return Heard()


@pytest.fixture
async def bus(heard, programs):
    bus = await heard.listen()
    yield bus
    await bus.close()


@pytest.fixture
def programs(address):
    """The service, and a stranger."""
    made = Program(), Program()
    made[0].own()
    yield made
    for program in made:
        program.close()


async def settled(bus: SessionBus) -> None:
    """Wait until what was on the way has arrived: answers come in order."""
    await bus.has_owner(SERVICE.name)
    await asyncio.sleep(0)


def own_name(bus: SessionBus) -> str:
    return bus._connection.unique_name


async def test_the_service_is_heard(bus, heard, programs):
    service, _ = programs
    service.tell("to all")
    service.tell("to us", to=own_name(bus))
    await settled(bus)
    assert heard.words == ["to all", "to us"]


async def test_a_stranger_is_not(bus, heard, programs):
    service, stranger = programs
    stranger.tell("to all")
    stranger.tell("to us", to=own_name(bus))
    service.tell("the service")
    await settled(bus)
    assert heard.words == ["the service"]


async def test_nobody_but_the_bus_says_who_the_service_is(bus, heard, programs):
    service, stranger = programs
    for owner in (stranger.name, ""):
        stranger.tell_of_owner(owner, to=own_name(bus))
    stranger.tell("stranger", to=own_name(bus))
    service.tell("the service")
    await settled(bus)
    assert (heard.words, heard.changes) == (["the service"], 0)


async def test_who_takes_the_name_over_is_heard_from_then_on(bus, heard, programs):
    service, other = programs
    other.own()
    await settled(bus)
    service.tell("the one before")
    other.tell("the one now")
    await settled(bus)
    assert (heard.words, heard.changes) == (["the one now"], 1)


async def test_a_service_that_comes_later_is_heard_and_one_that_goes_is_told(address, heard):
    bus = await heard.listen()
    service = Program()
    service.tell("too early")
    service.own()
    service.tell("in time")
    await settled(bus)
    heard.changed.clear()
    service.close()
    await asyncio.wait_for(heard.changed.wait(), 20)
    assert heard.words == ["in time"]
    await bus.close()
