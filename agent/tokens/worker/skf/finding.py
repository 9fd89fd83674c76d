"""Where a token is: on which device, in which application."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.tokens.errors import TokenAmbiguousError, TokenMissingError
from agent.tokens.model import TokenReference
from agent.tokens.worker.skf.codes import Half
from agent.tokens.worker.skf.device import Application, connected, device_names
from agent.tokens.worker.skf.failures import SAID
from agent.tokens.worker.skf.library import Library
from agent.tokens.worker.skf.reading import MAX_DEVICES, label_of
from agent.tokens.worker.texts import printable

if TYPE_CHECKING:
    from agent.tokens.worker.skf.module import SkfModule


@dataclass(frozen=True, slots=True)
class Place:
    """An application by the names it is reached by; its device's is another one when it is put in again."""

    device: bytes
    application: bytes

    @contextmanager
    def opened(self, library: Library) -> Iterator[Application]:
        """Connect to the device and open the application for as long as the block lasts."""
        with connected(library, self.device) as device, device.opened(self.application) as opened:
            yield opened


def find(module: SkfModule, reference: TokenReference, certificate: bytes) -> Place:
    """Return where the token is that ``reference`` names; see :meth:`Driver.find` for what is raised."""
    with module.telling(b"", reference.label):
        places, failure = _places(module, reference)
    if len(places) > 1 and certificate:
        # Private keys do not leave tokens: several that hold it are one token, listed twice.
        places = [place for place in places if _holds(module, place, certificate)][:1]
    if len(places) > 1:
        raise TokenAmbiguousError(label=reference.label)
    if places:
        return places[0]
    if failure is not None:
        with module.telling(b"", reference.label):
            raise failure
    raise TokenMissingError(label=reference.label)


def _places(module: SkfModule, reference: TokenReference) -> tuple[list[Place], Exception | None]:
    """Return all places of that name, and the error of a device that could not be asked."""
    places: list[Place] = []
    failure = None
    for name in device_names(module.library)[:MAX_DEVICES]:
        try:
            with connected(module.library, name) as device:
                info = device.info()
                if (printable(info.serial), label_of(info, name)) == (
                    reference.serial,
                    reference.label,
                ):
                    places += [
                        Place(name, application)
                        for application in device.applications()
                        if printable(application) == reference.application
                    ]
        except SAID as error:
            failure = error
    return places, failure


def _holds(module: SkfModule, place: Place, certificate: bytes) -> bool:
    with module.telling(place.device, ""), place.opened(module.library) as application:
        for name in application.containers():
            with application.opened(name) as container:
                if certificate in (container.certificate(half) for half in Half):
                    return True
    return False
