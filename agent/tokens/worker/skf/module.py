"""One SKF library: loading it, reading all of its tokens, finding one of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from agent.ground.language import mark
from agent.tokens.errors import ModuleLoadError
from agent.tokens.model import ModuleContent, PinLimits, Quirks, TokenReference
from agent.tokens.widths import interpreter_of
from agent.tokens.worker.skf.codes import Sar, SkfError
from agent.tokens.worker.skf.device import device_names
from agent.tokens.worker.skf.failures import (
    SAID,
    code_of,
    told_library_error,
    told_token_error,
)
from agent.tokens.worker.skf.library import Library
from agent.tokens.worker.skf.loaded import LoadedFunctions
from agent.tokens.worker.skf.quirks import quirks_of
from agent.tokens.worker.skf.reading import KnownPairs, module_content

if TYPE_CHECKING:
    from agent.tokens.worker.skf.bridged import BridgedFunctions
    from agent.tokens.worker.skf.found_token import FoundToken

_SHORTEST_PIN, _LONGEST_PIN = 6, 16
"""Six bytes are the standard's (7.4); sixteen the makers' headers have."""
_LOOKS = (0.0, 0.3, 0.7)
"""Seconds before each look whether a device is still there: libraries notice late, as systems do."""
_MAY_BE_GONE = (Sar.FAIL, Sar.INVALID_HANDLE, Sar.TIMEOUT)
"""What libraries say of a device that was pulled out, instead of SAR_DEVICE_REMOVED."""


class SkfModule:
    """A loaded library: the :class:`~agent.tokens.worker.driver.Driver` of its tokens. One thread only."""

    def __init__(self, path: str, quirks: Quirks) -> None:
        self.path = path
        self.name = Path(path).name
        """What errors name it by."""
        self.quirks = quirks_of(path, quirks)
        self.interpreter = interpreter_of(path, self.quirks.loaded_by)
        """The Python that loads the library where this one cannot; else empty."""
        try:
            functions = self._functions()
        except OSError as error:
            raise ModuleLoadError(module=path, reason=str(error)) from error
        if not functions.are_skf:
            raise ModuleLoadError(module=path, reason=mark("it does not offer SKF (GM/T 0016)"))
        self.library = Library(functions, self.quirks.ulong_bytes)
        self.known: KnownPairs = {}
        """What the last listing found out."""

    def _functions(self) -> LoadedFunctions | BridgedFunctions:
        if not self.interpreter:
            return LoadedFunctions(self.path)
        # Here, since few libraries need it.
        from agent.tokens.worker.skf.bridged import BridgedFunctions  # noqa: PLC0415

        return BridgedFunctions(self.path, self.interpreter)

    @property
    def pin_limits(self) -> PinLimits:
        """How long a new PIN may be."""
        return PinLimits(
            shortest=self.quirks.shortest_pin or _SHORTEST_PIN,
            longest=self.quirks.longest_pin or _LONGEST_PIN,
        )

    def content(self) -> ModuleContent:
        """Read all tokens anew, each device connected for as long as it is read."""
        try:
            return module_content(self)
        except SAID as error:
            raise told_library_error(error, module=self.name) from error

    def forget(self) -> None:
        """Read each pair at the next listing."""
        self.known = {}

    def let_go(self) -> None:
        """Nothing is connected between two readings."""

    def find(self, reference: TokenReference, certificate: bytes) -> FoundToken:
        """Return the application that ``reference`` names, ready to take a PIN."""
        # Here, since a worker that only lists does without cryptography's memory.
        from agent.tokens.worker.skf.found_token import FoundToken  # noqa: PLC0415

        return FoundToken(self, reference, certificate)

    @contextlib.contextmanager
    def telling(self, device: bytes, label: str, *, is_writing: bool = False) -> Iterator[None]:
        """Make what the library says of one token inside the block an error a person can be told.

        Args:
            device: the name of its device.
            label: what the token is called.
            is_writing: something is to be stored.
        """
        try:
            yield
        except SAID as error:
            raise told_token_error(
                error,
                module=self.name,
                label=label,
                is_gone=self.has_lost(device, error),
                is_writing=is_writing,
            ) from error

    def has_lost(self, device: bytes, error: Exception, *, is_patient: bool = True) -> bool:
        """Return whether a device was pulled out, by the error or by looking for it again.

        Args:
            device: its name.
            error: what was said of it.
            is_patient: look again after a moment, up to a second, where the error may be anything.
        """
        code = code_of(error)
        if code in _MAY_BE_GONE:
            looks = _LOOKS if is_patient else _LOOKS[:1]
            return any(self._is_gone_after(seconds, device) for seconds in looks)
        return code == Sar.DEVICE_REMOVED

    def _is_gone_after(self, seconds: float, device: bytes) -> bool:
        time.sleep(seconds)
        try:
            return device not in device_names(self.library)
        except SkfError:
            return False
