"""What commands and tests ask the process besides calls: to plug, pull, misbehave, and to tell how it is.

One JSON message each way, as a call of the name :data:`CONTROL`.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

import msgspec

from sandbox.home import SandboxError
from sandbox.skf_token.bus import Bus
from sandbox.skf_token.codes import PinType, SkfError
from sandbox.skf_token.device import Device
from sandbox.skf_token.faults import Plan
from sandbox.skf_token.pins import new_pin
from sandbox.skf_token.state import Application
from sandbox.skf_token.wire import Fields, encode, receive
from sandbox.skf_token.wording import text

CONTROL = "control"
ADMINISTRATOR_PIN = b"87654321"
"""Of every application made here: whoever locked a token of the sandbox can unblock it."""


class EndedError(Exception):
    """The process ended before it answered."""


class Plug(msgspec.Struct, frozen=True, tag="plug"):
    """Plug a token of the folder in; one that is stays."""

    name: str


class Pull(msgspec.Struct, frozen=True, tag="pull"):
    """Pull it out."""

    name: str


class Format(msgspec.Struct, frozen=True, tag="format"):
    """Make an application on a token that is plugged in, as its maker does; one that is there stays."""

    name: str
    application: str
    pin: bytes
    is_factory_pin: bool


class Misbehave(msgspec.Struct, frozen=True, tag="misbehave"):
    """Do wrong what ``faults`` says from now on, for all clients (:mod:`sandbox.skf_token.faults`)."""

    faults: str


class Tell(msgspec.Struct, frozen=True, tag="tell"):
    """Tell how it is."""


Request = Plug | Pull | Format | Misbehave | Tell


class ApplicationReport(msgspec.Struct, frozen=True, kw_only=True):
    """An application of a token that is plugged in."""

    name: str
    containers: tuple[str, ...]
    tries_left: int
    tries_most: int
    is_factory_pin: bool
    is_logged_in: bool
    """The user has given his PIN, and nobody has cleared that."""


class DeviceReport(msgspec.Struct, frozen=True, kw_only=True):
    """A token that is plugged in."""

    name: str
    serial: str
    applications: tuple[ApplicationReport, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How it is."""

    pid: int
    devices: tuple[DeviceReport, ...]
    open_logins: int
    """How many PINs still allow something: each is a danger once its program is done."""
    clients: int
    """Processes that have the library loaded and called it."""
    calls: Mapping[str, int]
    """How often each function was called, by all of them."""


def handle(bus: Bus, request: bytes, pid: int) -> bytes:
    """Do what a message asks, and return what is told then; SandboxError."""
    match msgspec.json.decode(request, type=Request):
        case Plug(name):
            bus.plug(name)
        case Pull(name):
            bus.pull(name)
        case Format(name, application, pin, is_factory_pin):
            _format(bus.token(name), application, pin, is_factory=is_factory_pin)
        case Misbehave(faults):
            bus.plan = Plan.read(faults)
    return msgspec.json.encode(report(bus, pid))


def ask(connection: socket.socket, request: Request) -> Report:
    """Send a request over a new connection, and return what is told.

    Raises:
        SandboxError: it says why not.
        EndedError: it is no longer there.
    """
    try:
        connection.sendall(encode([CONTROL.encode(), msgspec.json.encode(request)]))
    except OSError as error:
        raise EndedError from error
    answer = receive(connection)
    if answer is None:
        raise EndedError
    if problem := answer.bytes():
        raise SandboxError(problem.decode())
    return msgspec.json.decode(answer.bytes(), type=Report)


def answered(bus: Bus, fields: Fields, pid: int) -> bytes:
    """Return the message that answers a request."""
    try:
        return encode([b"", handle(bus, fields.bytes(), pid)])
    except (SandboxError, msgspec.DecodeError) as error:
        return encode([str(error).encode()])


def _format(device: Device, name: str, pin: bytes, *, is_factory: bool) -> None:
    if any(application.name == name for application in device.state.applications):
        return
    try:
        made = Application(
            name=name,
            user_pin=new_pin(pin, is_factory=is_factory),
            administrator_pin=new_pin(ADMINISTRATOR_PIN),
        )
        with device.changing():
            device.state.applications.append(made)
    except SkfError as error:
        raise SandboxError(text("bad_pin")) from error


def report(bus: Bus, pid: int) -> Report:
    devices = [bus.plugged[name] for name in sorted(bus.plugged)]
    return Report(
        pid=pid,
        devices=tuple(map(_device, devices)),
        open_logins=sum(len(device.logins) for device in devices),
        clients=len(bus.clients),
        calls=dict(bus.calls),
    )


def _device(device: Device) -> DeviceReport:
    users = {login.application for login in device.logins if login.pin_type == PinType.USER}
    return DeviceReport(
        name=device.name,
        serial=device.state.serial,
        applications=tuple(
            ApplicationReport(
                name=application.name,
                containers=tuple(container.name for container in application.containers),
                tries_left=application.user_pin.tries_left,
                tries_most=application.user_pin.tries_most,
                is_factory_pin=application.user_pin.is_factory,
                is_logged_in=application.name in users,
            )
            for application in device.state.applications
        ),
    )
