"""What is plugged in, through the library: devices, their applications, and a PIN's tries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from agent.tokens.worker.skf.blobs import UNTOUCHED, DeviceInfo
from agent.tokens.worker.skf.closing import closed_after
from agent.tokens.worker.skf.codes import USER, SkfError
from agent.tokens.worker.skf.container import Container
from agent.tokens.worker.skf.library import Library, terminated
from agent.tokens.worker.skf.loaded import MARGIN, number_in, slot_of

MAX_TRIES = 255
"""What a token says of more is nothing to rely on."""


@dataclass(frozen=True, slots=True)
class Tries:
    """What an application says of its user PIN (SKF_GetPINInfo)."""

    most: int
    left: int
    is_factory_pin: bool


def device_names(library: Library) -> list[bytes]:
    """Return the names of the devices that are plugged in."""
    return library.names("EnumDev", 1)


@contextmanager
def connected(library: Library, name: bytes) -> Iterator[Device]:
    """Connect to a device for as long as the block lasts. That does not log out of it (7.1.6)."""
    with terminated(name) as text:
        handle = library.number("ConnectDev", text)
    with closed_after(library, "DisConnectDev", handle):
        yield Device(library, handle)


class Device:
    """A device that is connected."""

    def __init__(self, library: Library, handle: int) -> None:
        self._library = library
        self._handle = handle

    def info(self) -> DeviceInfo:
        """Return what it says of itself."""
        layout = self._library.layout
        written = bytearray([UNTOUCHED]) * (layout.device_info_bytes + MARGIN)
        self._library.call("GetDevInfo", self._handle, written)
        return layout.device_info(bytes(written))

    def applications(self) -> list[bytes]:
        """Return the names of its applications."""
        return self._library.names("EnumApplication", self._handle)

    @contextmanager
    def opened(self, application: bytes) -> Iterator[Application]:
        """Open an application for as long as the block lasts."""
        with terminated(application) as text:
            handle = self._library.number("OpenApplication", self._handle, text)
        with closed_after(self._library, "CloseApplication", handle):
            yield Application(self._library, handle, self)


class Application:
    """An application that is open: what a PIN belongs to."""

    def __init__(self, library: Library, handle: int, device: Device) -> None:
        self._library = library
        self._handle = handle
        self.device = device

    def tries(self) -> Tries:
        """Return the tries of the user's PIN; they are to be asked for, since VerifyPIN may tell wrong."""
        most, left, is_factory_pin = (slot_of(0) for _ in range(3))
        self._library.call("GetPINInfo", self._handle, USER, most, left, is_factory_pin)
        tries = Tries(number_in(most), number_in(left), bool(number_in(is_factory_pin)))
        if not 0 <= tries.left <= tries.most <= MAX_TRIES or not tries.most:
            raise SkfError("GetPINInfo", 0, f"{tries.left} of {tries.most} tries")
        return tries

    def verify_pin(self, pin: bytearray) -> None:
        """Log in, at the price of a try where it is wrong."""
        with terminated(pin) as text:
            self._library.call("VerifyPIN", self._handle, USER, text, slot_of(0))

    def change_pin(self, old: bytearray, new: bytearray) -> None:
        """Replace the user's PIN, at the price of a try where the old one is wrong."""
        with terminated(old) as old_text, terminated(new) as new_text:
            self._library.call("ChangePIN", self._handle, USER, old_text, new_text, slot_of(0))

    def clear_login(self) -> None:
        """End what a PIN allows: else any program may sign."""
        self._library.call("ClearSecureState", self._handle)

    def containers(self) -> list[bytes]:
        """Return the names of its containers."""
        return self._library.names("EnumContainer", self._handle)

    @contextmanager
    def opened(self, container: bytes) -> Iterator[Container]:
        """Open a container for as long as the block lasts."""
        with terminated(container) as text:
            handle = self._library.number("OpenContainer", self._handle, text)
        with closed_after(self._library, "CloseContainer", handle):
            yield Container(self._library, handle)

    @contextmanager
    def created(self, container: bytes) -> Iterator[Container]:
        """Make a container, and have it open for as long as the block lasts."""
        with terminated(container) as text:
            handle = self._library.number("CreateContainer", self._handle, text)
        with closed_after(self._library, "CloseContainer", handle):
            yield Container(self._library, handle)

    def delete_container(self, container: bytes) -> None:
        """Destroy a container with all keys and certificates in it (8.3)."""
        with terminated(container) as text:
            self._library.call("DeleteContainer", self._handle, text)
