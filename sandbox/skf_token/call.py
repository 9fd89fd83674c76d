"""One call as the functions of ``calls/`` see it: its arguments, what handles mean, what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sandbox.skf_token.bus import (
    ApplicationHandle,
    Bus,
    Client,
    ContainerHandle,
    DeviceHandle,
    Handle,
    KeyHandle,
)
from sandbox.skf_token.codes import KeyKind, PinType, Sar, SkfError
from sandbox.skf_token.device import ANYBODY, Device
from sandbox.skf_token.state import Container, Half
from sandbox.skf_token.wire import Fields, Value

H = TypeVar("H", bound=Handle)
Answer = tuple[Value, ...]
MOST_HANDLES = 4096


class CrashError(Exception):
    """The call is to end its process."""


@dataclass
class Call:
    """A call by a client; its arguments are taken in their order."""

    bus: Bus
    client: Client
    fields: Fields
    name: str

    def number(self) -> int:
        """Take a number."""
        return self.fields.number()

    def flag(self) -> bool:
        """Take a BOOL."""
        return bool(self.number())

    def bytes(self) -> bytes:
        """Take bytes."""
        return self.fields.bytes()

    def text(self) -> str:
        """Take a name; INVALID_PARAMETER where it is none."""
        try:
            return self.bytes().decode(self.encoding)
        except UnicodeDecodeError as error:
            raise SkfError(Sar.INVALID_PARAMETER) from error

    @property
    def encoding(self) -> str:
        """How names are written (6.3: UTF-8)."""
        return "utf-8" if self.quirk("gbk") is None else "gbk"

    def quirk(self, name: str) -> str | None:
        """Return the value of a quirk, None where there is none."""
        return self.client.plan.quirks.get(name, self.bus.plan.quirks.get(name))

    def device(self) -> Device:
        """Take the handle of a device, once it is this client's turn."""
        return self.present(self.device_at_once())

    def device_at_once(self) -> Device:
        """Take the handle of a device, whoever has it for himself."""
        device = self._handle(DeviceHandle).device
        if self.quirk("one_device") is not None and self.client.current:
            device = self.client.current[0]
        return device

    def application(self) -> ApplicationHandle:
        """Take the handle of an application."""
        handle = self._handle(ApplicationHandle)
        device, application = self._meant(handle.device, handle.application)
        return ApplicationHandle(device, application)

    def container(self) -> ContainerHandle:
        """Take the handle of a container; it is there."""
        handle = self._handle(ContainerHandle)
        device, application = self._meant(handle.device, handle.application)
        try:
            device.container(application, handle.container)
        except SkfError as error:
            raise SkfError(Sar.INVALID_HANDLE) from error
        return ContainerHandle(device, application, handle.container)

    def content(self, handle: ContainerHandle, kind: KeyKind) -> Container:
        """Return what a handle means, for keys of a kind; KEY_USAGE where it holds another."""
        container = handle.device.container(handle.application, handle.container)
        if container.kind not in (KeyKind.EMPTY, kind):
            raise SkfError(Sar.KEY_USAGE)
        return container

    def half(self, container: Container, *, is_signing: bool) -> Half:
        """Return one of a container's pairs; nothing where a token has no place for those that sign."""
        if is_signing and self.quirk("encryption_only") is not None:
            return Half()
        return container.half(is_signing=is_signing)

    def need_signing_pairs(self) -> None:
        """Raise NOT_SUPPORTED where the token makes no pairs that sign."""
        if self.quirk("encryption_only") is not None:
            raise SkfError(Sar.NOT_SUPPORTED)

    def key(self) -> KeyHandle:
        """Take the handle of a session key."""
        handle = self._handle(KeyHandle)
        self.present(handle.device)
        return handle

    def need_user(self, handle: ApplicationHandle | ContainerHandle) -> None:
        """Raise NOT_LOGGED_IN unless the user has given his PIN."""
        if not handle.device.has_login(handle.application, PinType.USER, self.client.number):
            raise SkfError(Sar.NOT_LOGGED_IN)

    @property
    def login_client(self) -> int:
        """Whose a login is: everybody's, as on a device that knows no processes."""
        return ANYBODY if self.quirk("login_per_client") is None else self.client.number

    def opened(self, handle: Handle) -> Answer:
        """Return a new handle as an answer."""
        if len(self.client.handles) >= MOST_HANDLES:
            raise SkfError(Sar.FAIL)
        number = self.bus.next_handle
        self.bus.next_handle += 1
        self.client.handles[number] = handle
        return (number,)

    def close(self, kind: type[Handle]) -> None:
        """Take a handle, which is none from now on; of a device that is gone as well."""
        number = self.number()
        self._known(number, kind)
        del self.client.handles[number]

    def present(self, device: Device) -> Device:
        """Return a device once it is this client's turn; DEVICE_REMOVED where it is gone."""
        self.bus.changed.wait_for(
            lambda: device.locked_by in (None, self.client.number) or not device.is_plugged
        )
        if not device.is_plugged:
            raise SkfError(Sar.DEVICE_REMOVED)
        return device

    def _handle(self, kind: type[H]) -> H:
        return self._known(self.number(), kind)

    def _known(self, number: int, kind: type[H]) -> H:
        handle = self.client.handles.get(number)
        if isinstance(handle, kind):
            return handle
        if handle is not None and self.quirk("wrong_kind_crashes") is not None:
            raise CrashError
        raise SkfError(Sar.INVALID_HANDLE)

    def _meant(self, device: Device, application: str) -> tuple[Device, str]:
        if self.quirk("one_device") is not None and self.client.current:
            device, application = self.client.current
        self.present(device)
        return device, application


Function = Callable[[Call], Answer]
Functions = Mapping[str, Function]
