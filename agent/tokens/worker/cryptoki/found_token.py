"""A token that was found, before its PIN is given; and the one try that PIN has."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

from pkcs11 import TokenFlag

from agent.tokens.model import PinFacts, PinLimits, TokenReference
from agent.tokens.pin_states import check_last_try
from agent.tokens.worker.cryptoki import tries
from agent.tokens.worker.cryptoki.logged_in import LoggedInToken
from agent.tokens.worker.cryptoki.module import Module
from agent.tokens.worker.cryptoki.reading import pin_state_of
from agent.tokens.worker.cryptoki.token_info import read_token_info


class FoundToken:
    """The :class:`~agent.tokens.worker.driver.OpenToken` of this driver."""

    def __init__(self, module: Module, reference: TokenReference, certificate: bytes) -> None:
        self._module = module
        self._label = reference.label
        # Anew for each try: its slot may be another by then, and its flags are a snapshot.
        self._find = functools.partial(module.token, reference, certificate)
        self._token = self._find()
        with self._telling():
            slot = self._token.slot.slot_id
            self._limits = read_token_info(module.path, slot).pin_limits
        self._has_pad = bool(self._token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH)

    @property
    def limits(self) -> PinLimits:
        """How long a PIN may be."""
        return self._limits

    @property
    def has_pad(self) -> bool:
        """Whether the PIN is typed on the token itself (CKF_PROTECTED_AUTHENTICATION_PATH)."""
        return self._has_pad

    def pin_facts(self) -> PinFacts:
        """Return what the token's flags said of its PIN; there is no number in PKCS#11."""
        return PinFacts(pin_state=pin_state_of(self._token.flags))

    def log_in(self, pin: bytearray | None, *, accepts_final_try: bool) -> LoggedInToken:
        """Log in with the PIN, once (C_Login)."""
        with self._trying(accepts_final_try=accepts_final_try) as token:
            session = tries.log_in(token, pin, self._find)
        return LoggedInToken(self._module, session, self._label, pin)

    def change_pin(
        self, old: bytearray | None, new: bytearray | None, *, accepts_final_try: bool
    ) -> None:
        """Replace the PIN, once (C_SetPIN)."""
        with self._trying(accepts_final_try=accepts_final_try) as token:
            if old is None or new is None:
                tries.change_pin_on_pad(token, self._module.path, self._limits, self._find)
            else:
                tries.change_pin(token, old, new, self._limits, self._find)

    @contextlib.contextmanager
    def _trying(self, *, accepts_final_try: bool) -> Iterator[Any]:
        """Give the token as it is now, for one try."""
        self._token = self._find()
        check_last_try(self.pin_facts().pin_state, accepts_final_try=accepts_final_try)
        with self._telling():
            yield self._token

    def _telling(self) -> contextlib.AbstractContextManager[None]:
        return self._module.telling(self._token.slot, self._label)
