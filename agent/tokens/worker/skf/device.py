"""What is plugged in, through the library: devices, their applications, and a PIN's tries."""

from __future__ import annotations

import functools
from typing import NamedTuple

from agent.tokens.worker.skf.blobs import UNTOUCHED, DeviceInfo
from agent.tokens.worker.skf.closing import Opened
from agent.tokens.worker.skf.codes import USER, SkfError
from agent.tokens.worker.skf.container import Container
from agent.tokens.worker.skf.library import Library, secret_text, text
from agent.tokens.worker.skf.loaded import MARGIN, Buffer, Slot

MAX_TRIES = 255
"""What a token says of more is nothing to rely on."""


class Tries(NamedTuple):
    """What an application says of its user PIN (SKF_GetPINInfo)."""

    most: int
    left: int
    is_factory_pin: bool


def device_names(library: Library) -> list[bytes]:
    """Return the names of the devices that are plugged in."""
    return library.names("EnumDev", 1)


def connected(library: Library, name: bytes) -> Device:
    """Connect to a device until a block is left. That does not log out of it (7.1.6)."""
    return Device(library, library.number("ConnectDev", text(name)))


@functools.lru_cache(maxsize=2)
def _room_of_info(size: int) -> Buffer:
    """Return room for so much, the same each time."""
    return Buffer(bytearray(size))


class Device(Opened):
    """A device that is connected."""

    _close = "DisConnectDev"

    def info(self) -> DeviceInfo:
        """Return what it says of itself."""
        layout = self._library.layout
        room = _room_of_info(layout.device_info_bytes + MARGIN)
        room.content[:] = UNTOUCHED * len(room.content)
        self._library.call("GetDevInfo", self._handle, room)
        return layout.device_info(bytes(room.content))

    def applications(self) -> list[bytes]:
        """Return the names of its applications."""
        return self._library.names("EnumApplication", self._handle)

    def opened(self, application: bytes) -> Application:
        """Open an application until a block is left."""
        handle = self._library.number("OpenApplication", self._handle, text(application))
        return Application(self._library, handle, self)


class Application(Opened):
    """An application that is open: what a PIN belongs to."""

    _close = "CloseApplication"

    def __init__(self, library: Library, handle: int, device: Device) -> None:
        super().__init__(library, handle)
        self.device = device

    def tries(self) -> Tries:
        """Return the tries of the user's PIN; they are to be asked for, since VerifyPIN may tell wrong."""
        most, left, is_default = self._library.numbers("GetPINInfo", self._handle, USER, count=3)
        tries = Tries(most, left, bool(is_default))
        if not 0 <= tries.left <= tries.most <= MAX_TRIES or not tries.most:
            raise SkfError("GetPINInfo", 0, f"{tries.left} of {tries.most} tries")
        return tries

    def verify_pin(self, pin: bytearray) -> None:
        """Log in, at the price of a try where it is wrong."""
        with secret_text(pin) as told:
            self._library.call("VerifyPIN", self._handle, USER, told, Slot())

    def change_pin(self, old: bytearray, new: bytearray) -> None:
        """Replace the user's PIN, at the price of a try where the old one is wrong."""
        with secret_text(old) as old_text, secret_text(new) as new_text:
            self._library.call("ChangePIN", self._handle, USER, old_text, new_text, Slot())

    def clear_login(self) -> None:
        """End what a PIN allows: else any program may sign."""
        self._library.call("ClearSecureState", self._handle)

    def containers(self) -> list[bytes]:
        """Return the names of its containers."""
        return self._library.names("EnumContainer", self._handle)

    def opened(self, container: bytes) -> Container:
        """Open a container until a block is left."""
        return self._container("OpenContainer", container)

    def created(self, container: bytes) -> Container:
        """Make a container, and have it open until a block is left."""
        return self._container("CreateContainer", container)

    def _container(self, call: str, name: bytes) -> Container:
        return Container(self._library, self._library.number(call, self._handle, text(name)))

    def delete_container(self, container: bytes) -> None:
        """Destroy a container with all keys and certificates in it (8.3)."""
        self._library.call("DeleteContainer", self._handle, text(container))
