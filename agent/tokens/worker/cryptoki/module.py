"""One PKCS#11 module: loading it, reading all of its tokens, finding one of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pkcs11
from pkcs11 import SlotFlag, TokenFlag
from pkcs11 import exceptions as p11

from agent.ground.reports import ErrorReport
from agent.tokens.errors import (
    ModuleLoadError,
    TokenAmbiguousError,
    TokenMissingError,
    TokenUnreadableError,
    TooManySlotsError,
)
from agent.tokens.model import LibraryFacts, ModuleContent, TokenContent, TokenReference
from agent.tokens.worker.cryptoki.failures import (
    REMOVED,
    SAID,
    VAGUE,
    reason_of,
    told_module_error,
    told_token_error,
)
from agent.tokens.worker.cryptoki.reading import holds, token_content
from agent.tokens.worker.cryptoki.token_info import label_of
from agent.tokens.worker.texts import printable

if TYPE_CHECKING:
    from agent.tokens.worker.cryptoki.found_token import FoundToken

MAX_SLOTS = 64
"""More than any machine has readers, virtual ones included."""

_LOOKS = (0.0, 0.3, 0.7)
"""Seconds before each look at a slot: pcscd notices after up to half a second that it is empty."""

# Another module's token is there, as OpenSC says of many a vendor's.
_NOT_OURS = (*REMOVED, p11.TokenNotRecognised)


class Module:
    """A loaded PKCS#11 library: the :class:`~agent.tokens.worker.driver.Driver` of its tokens.

    One thread only: the library is not safe with more.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = Path(path).name
        """What errors name it by."""
        try:
            self._library = pkcs11.lib(path)
        except (RuntimeError, p11.PKCS11Error) as error:
            raise ModuleLoadError(module=path, reason=_load_reason(error)) from error

    def let_go(self) -> None:
        """Disconnect from all tokens (C_Finalize); the next listing connects anew."""
        with self._telling():
            self._library.finalize()

    def forget(self) -> None:
        """Nothing counts longer than its listing."""

    def content(self) -> ModuleContent:
        """Read all tokens anew: slots are never trusted across an insertion or removal."""
        with self._telling():
            return self._content()

    def find(self, reference: TokenReference, certificate: bytes) -> FoundToken:
        """Return the token that ``reference`` names, ready to take a PIN; as :meth:`token` raises."""
        # Here, since a worker that only lists does without cryptography's memory.
        from agent.tokens.worker.cryptoki.found_token import FoundToken  # noqa: PLC0415

        return FoundToken(self, reference, certificate)

    def _content(self) -> ModuleContent:
        self._library.initialize()
        slots = self._slots()
        has_fixed_slots = any(not slot.flags & SlotFlag.REMOVABLE_DEVICE for slot in slots)
        self._see_what_others_did(slots)
        read = [self._read(slot) for slot in self._slots(token_present=True)[:MAX_SLOTS]]
        problems = [problem for problem in read if isinstance(problem, ErrorReport)]
        if len(slots) > MAX_SLOTS:
            error = TooManySlotsError(module=self.name, count=len(slots), limit=MAX_SLOTS)
            problems.append(error.report())
        return ModuleContent(
            tokens=tuple(token for token in read if isinstance(token, TokenContent)),
            problems=tuple(problems),
            library=self._library_facts(),
            slots=len(slots),
            has_fixed_slots=has_fixed_slots,
        )

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Make what the library says inside the block an error a person can be told."""
        try:
            yield
        except SAID as error:
            raise told_module_error(error, module=self.name) from error

    @contextlib.contextmanager
    def telling(
        self,
        slot: Any,  # noqa: ANN401 - python-pkcs11 is untyped
        label: str,
        *,
        is_writing: bool = False,
    ) -> Iterator[None]:
        """Make what the library says of one token inside the block an error a person can be told.

        Args:
            slot: the token's.
            label: what the token is called.
            is_writing: something is to be stored: only then is a token "full".
        """
        try:
            yield
        except SAID as error:
            raise told_token_error(
                error,
                module=self.name,
                label=label,
                is_gone=self.has_lost(slot, error),
                is_writing=is_writing,
            ) from error

    def _library_facts(self) -> LibraryFacts:
        return LibraryFacts(
            description=printable(self._library.library_description),
            manufacturer=printable(self._library.manufacturer_id),
            version=".".join(map(str, self._library.library_version)),
        )

    def _slots(self, *, token_present: bool = False) -> list[Any]:
        """Return every slot once, however often it is listed."""
        slots = self._library.get_slots(token_present=token_present)
        return list({slot.slot_id: slot for slot in slots}.values())

    def _read(self, slot: Any) -> TokenContent | ErrorReport | None:  # noqa: ANN401
        """Return what the slot's token shows, why it cannot be read, or None: there is none."""
        name = printable(slot.slot_description) or str(slot.slot_id)
        try:
            token = slot.get_token()
            # A blank token has nothing to show; SoftHSM always has one to offer.
            if not token.flags & TokenFlag.TOKEN_INITIALIZED:
                return None
            label = label_of(self.path, token)
            name = label or name
            return token_content(token, label)
        except _NOT_OURS:
            return None
        except Exception as error:  # noqa: BLE001 - the other slots are not to be lost by any
            if self.has_lost(slot, error):
                return None
            reason = reason_of(error)
            return TokenUnreadableError(module=self.name, token=name, reason=reason).report()

    def has_lost(self, slot: Any, error: Exception) -> bool:  # noqa: ANN401
        """Return whether the slot's token was pulled out, by the error or by looking at it again.

        It takes up to a second where the error may be anything and the token stays in its slot.
        """
        if isinstance(error, VAGUE):
            looks = _LOOKS if slot.flags & SlotFlag.REMOVABLE_DEVICE else _LOOKS[:1]
            return any(self._is_empty_after(seconds, slot) for seconds in looks)
        return isinstance(error, REMOVED)

    def _is_empty_after(self, seconds: float, slot: Any) -> bool:  # noqa: ANN401
        time.sleep(seconds)
        try:
            # Of a single slot OpenSC tells what it remembers; listing makes it look.
            present = self._library.get_slots(token_present=True)
        except p11.PKCS11Error:
            return False
        return slot.slot_id not in {other.slot_id for other in present}

    def _see_what_others_did(self, slots: list[Any]) -> None:
        """Start the library anew where tokens are not devices that come and go.

        A software token changes by what other processes write, which SoftHSM sees only then. Such
        slots lack CKF_REMOVABLE_DEVICE (PKCS#11 v2.40, 3.2); where it is set, the library watches,
        and a new start would read the whole token again: 105 APDUs with OpenSC instead of none.
        """
        if not any(slot.flags & SlotFlag.REMOVABLE_DEVICE for slot in slots):
            self._library.reinitialize()

    def token(self, reference: TokenReference, certificate: bytes = b"") -> Any:  # noqa: ANN401
        """Return the token that ``reference`` names, with flags as they are now.

        Args:
            reference: names the token as well as PKCS#11 lets it be named.
            certificate: decides between several of that name: the token must hold it.

        Raises:
            TokenMissingError: it is not plugged in.
            TokenError: it is not found, and a slot cannot be asked what is in it.
            TokenAmbiguousError: several fit; none of them is to be tried with a PIN.
        """
        try:
            return self._find(reference, certificate)
        except SAID as error:
            raise told_token_error(
                error,
                module=self.name,
                label=reference.label,
                is_gone=isinstance(error, REMOVED),
            ) from error

    def _find(self, reference: TokenReference, certificate: bytes) -> Any:  # noqa: ANN401
        tokens, failure = self._tokens()
        found = [token for token in tokens if self._is_named(token, reference)]
        if len(found) > 1 and certificate:
            # Private keys do not leave tokens: several that hold it are one token, listed twice.
            found = [token for token in found if holds(token, certificate)][:1]
        if len(found) > 1:
            raise TokenAmbiguousError(label=reference.label)
        if found:
            return found[0]
        if failure is not None:
            raise failure
        raise TokenMissingError(label=reference.label)

    def _is_named(self, token: Any, reference: TokenReference) -> bool:  # noqa: ANN401
        return (printable(token.serial), label_of(self.path, token)) == (
            reference.serial,
            reference.label,
        )

    def _tokens(self) -> tuple[list[Any], p11.PKCS11Error | None]:
        """Return all tokens, and the error of a slot that could not be asked."""
        tokens, failure = [], None
        for slot in self._slots(token_present=True)[:MAX_SLOTS]:
            try:
                token = slot.get_token()
                if token.flags & TokenFlag.TOKEN_INITIALIZED:  # SoftHSM offers a blank one
                    tokens.append(token)
            except _NOT_OURS:
                continue
            except p11.PKCS11Error as error:
                failure = error
        return tokens, failure


def _load_reason(error: Exception) -> str:
    return str(error) or type(error).__name__
