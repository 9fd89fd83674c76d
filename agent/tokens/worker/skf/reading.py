"""Reading what devices show without a PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from agent.ground.reports import ErrorReport
from agent.tokens.errors import (
    NoApplicationError,
    TokenError,
    TokenUnreadableError,
    TooManySlotsError,
)
from agent.tokens.model import (
    CertificateObject,
    KeyName,
    LibraryFacts,
    ModuleContent,
    ModuleKind,
    TokenContent,
    TokenFacts,
)
from agent.tokens.worker.skf.blobs import BlobError, DeviceInfo
from agent.tokens.worker.skf.codes import Half, SkfError
from agent.tokens.worker.skf.container import Container
from agent.tokens.worker.skf.device import Application, Device, connected, device_names
from agent.tokens.worker.skf.failures import SAID, reason_of
from agent.tokens.worker.skf.key_names import key_name
from agent.tokens.worker.skf.tries import pin_facts
from agent.tokens.worker.texts import printable

if TYPE_CHECKING:
    from agent.tokens.worker.skf.module import SkfModule

KnownPairs = dict[tuple[bytes, bytes, bytes, KeyName], bytes]
"""Certificates that are their pairs', byte for byte, by device, its serial, application and pair."""
MAX_DEVICES = 64
"""More than any machine has sockets for."""
_STANDARD = "SKF (GM/T 0016)"
_HALVES = (Half.SIGNATURE, Half.ENCRYPTION)


def module_content(module: SkfModule) -> ModuleContent:
    """Read all devices, one at a time; SkfError where not even they can be listed.

    A pair that the listing before knew for its certificate's is not read again while its device has
    stayed, nothing of that has failed, and the certificate is the same, byte for byte. Another pair that a
    program makes under the old certificate is seen once that is forgotten (:meth:`SkfModule.forget`).
    """
    known, module.known = module.known, {}
    names = device_names(module.library)
    readings = [
        _DeviceReading(module, slot, name, known) for slot, name in enumerate(names[:MAX_DEVICES])
    ]
    for reading in readings:
        reading.read()
        if not reading.problems:
            module.known.update(reading.pairs)
    problems = [problem for reading in readings for problem in reading.problems]
    if len(names) > MAX_DEVICES:
        error = TooManySlotsError(module=module.name, count=len(names), limit=MAX_DEVICES)
        problems.append(error.report())
    return ModuleContent(
        kind=ModuleKind.SKF,
        tokens=tuple(token for reading in readings for token in reading.tokens),
        problems=tuple(problems),
        # A library says nothing of itself.
        library=LibraryFacts(description=_STANDARD, manufacturer="", version=""),
        slots=len(names),
    )


def label_of(info: DeviceInfo, device: bytes) -> str:
    """Return what a token is called: by its label, or by its device's name where it has none."""
    return printable(info.label, may_be_cut=True) or printable(device)


class _DeviceReading:
    """What one device shows: each application a token. Whatever can be read of it is."""

    def __init__(self, module: SkfModule, slot: int, name: bytes, known: KnownPairs) -> None:
        self._module = module
        self._slot = slot
        self._name = name
        self._label = printable(name)
        self._serial = ""
        self._known = known
        self.pairs: KnownPairs = {}
        self.tokens: list[TokenContent] = []
        self.problems: list[ErrorReport] = []

    def read(self) -> None:
        """Read it; a device that was pulled out meanwhile is not there."""
        try:
            self._read_device()
        except _GoneError:
            self.tokens, self.problems, self.pairs = [], [], {}

    def _read_device(self) -> None:
        try:
            with connected(self._module.library, self._name) as device:
                info = device.info()
                self._label, self._serial = label_of(info, self._name), printable(info.serial)
                applications = device.applications()
                if not applications:
                    self._add(NoApplicationError(token=self._label, serial=self._serial))
                for name in applications:
                    self._read_application(device, info, name)
        except SAID as error:
            self._tell_error(error)

    def _read_application(self, device: Device, info: DeviceInfo, name: bytes) -> None:
        try:
            with device.opened(name) as application:
                facts = self._facts(application, printable(name), info)
                certificates: list[CertificateObject] = []
                for container in application.containers():
                    place = (self._name, info.serial, name)
                    certificates += self._certificates(application, container, place)
                self.tokens.append(TokenContent(facts=facts, certificates=tuple(certificates)))
        except SAID as error:
            self._tell_error(error)

    def _facts(self, application: Application, name: str, info: DeviceInfo) -> TokenFacts:
        return TokenFacts(
            **msgspec.structs.asdict(pin_facts(application)),
            slot=self._slot,
            label=self._label,
            serial=self._serial,
            application=name,
            model="",
            manufacturer=printable(info.manufacturer, may_be_cut=True),
            free_bytes=info.free_space if info.total_space else None,
            login_required=True,
            protected_authentication_path=False,
        )

    def _certificates(
        self, application: Application, name: bytes, place: tuple[bytes, bytes, bytes]
    ) -> list[CertificateObject]:
        """Return what a container has; what was read before a failure is not lost."""
        found: list[CertificateObject] = []
        called = printable(name)
        try:
            with application.opened(name) as container:
                for half in _HALVES:
                    if value := container.certificate(half):
                        key = key_name(name, half)
                        has_key = self._has_key(container, half, value, (*place, key))
                        found.append(
                            CertificateObject(
                                value=value,
                                key=key,
                                label=called,
                                container=called,
                                has_private_key=has_key,
                            )
                        )
        except SAID as error:
            self._tell_error(error)
        return found

    def _has_key(
        self,
        container: Container,
        half: Half,
        certificate: bytes,
        place: tuple[bytes, bytes, bytes, KeyName],
    ) -> bool | None:
        """Return whether the pair's public half is there, and in the certificate; None if that fails.

        A private half is never without its public one.
        """
        if self._known.get(place) != certificate:
            try:
                parts = container.public_key_parts(half)
            except SAID as error:
                self._tell_error(error)
                return None
            if parts is None or parts not in certificate:
                return False
        self.pairs[place] = certificate
        return True

    def _tell_error(self, error: SkfError | BlobError) -> None:
        """Make an error a problem; _GoneError where the device is no longer there."""
        # One that was there after the first failure is not waited for at each of a hundred.
        if self._module.has_lost(self._name, error, is_patient=not self.problems):
            raise _GoneError from error
        self._tell(reason_of(error))

    def _tell(self, reason: str) -> None:
        self._add(
            TokenUnreadableError(
                module=self._module.name, token=self._label, serial=self._serial, reason=reason
            )
        )

    def _add(self, error: TokenError) -> None:
        if (report := error.report()) not in self.problems:
            self.problems.append(report)


class _GoneError(Exception):
    """The device was pulled out while it was read."""
