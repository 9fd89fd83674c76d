"""A token that was found, before its PIN is given; and the one try that PIN has."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

from agent.tokens.errors import PinNotGivenError
from agent.tokens.model import PinFacts, PinLimits, TokenReference
from agent.tokens.pin import wipe
from agent.tokens.worker.skf import tries
from agent.tokens.worker.skf.clearing import cleared_after
from agent.tokens.worker.skf.device import Application
from agent.tokens.worker.skf.finding import find
from agent.tokens.worker.skf.logged_in import LoggedInToken
from agent.tokens.worker.skf.module import SkfModule


class FoundToken:
    """The :class:`~agent.tokens.worker.driver.OpenToken` of this driver: one application of a device."""

    has_pad = False
    """The standard knows of none."""

    def __init__(self, module: SkfModule, reference: TokenReference, certificate: bytes) -> None:
        self._module = module
        self._label = reference.label
        # Anew for each try: while a PIN is typed another token may come to be where this one was.
        self._find = functools.partial(find, module, reference, certificate)
        self._place = self._find()
        with self._telling(), self._place.opened(module.library) as application:
            self._pin_facts = tries.pin_facts(application)

    @property
    def limits(self) -> PinLimits:
        """How long a new PIN may be."""
        return self._module.pin_limits

    def pin_facts(self) -> PinFacts:
        """Return what the application said of its PIN when it was found."""
        return self._pin_facts

    def log_in(self, pin: bytearray | None, *, accepts_final_try: bool) -> LoggedInToken:
        """Log in with the PIN, once (SKF_VerifyPIN); it is wiped at once."""
        if pin is None:
            raise PinNotGivenError
        with self._opened() as (application, opened):
            tries.log_in(application, pin, accepts_final_try=accepts_final_try)
            wipe(pin)
            return LoggedInToken(
                self._module, self._place, self._label, application, opened.pop_all()
            )

    def change_pin(
        self, old: bytearray | None, new: bytearray | None, *, accepts_final_try: bool
    ) -> None:
        """Replace the PIN, once (SKF_ChangePIN)."""
        if old is None or new is None:
            raise PinNotGivenError
        with self._opened() as (application, _):
            tries.change_pin(
                application, old, new, self.limits, accepts_final_try=accepts_final_try
            )

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[Application, contextlib.ExitStack]]:
        """Open the application for one try, and give what ends its login and lets go of it."""
        self._place = self._find()
        with self._telling(), contextlib.ExitStack() as opened:
            application = opened.enter_context(self._place.opened(self._module.library))
            opened.enter_context(cleared_after(self._module, self._place, application))
            yield application, opened

    def _telling(self) -> contextlib.AbstractContextManager[None]:
        return self._module.telling(self._place.device, self._label)
