"""Reading one module: through its worker, with every certificate parsed once and kept by its bytes."""

from __future__ import annotations

import asyncio

from agent.certificates.model import Certificate
from agent.certificates.parsing import CertificateDamagedError, parse_certificate
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.tokens.errors import (
    CertificateUnreadableError,
    ModuleCrashedError,
    TokenError,
    TokenHeldError,
)
from agent.tokens.events.pcsc import held_readers
from agent.tokens.model import (
    CertificateObject,
    ModuleContent,
    ModuleKind,
    ModuleSettings,
    TokenContent,
    TokenReference,
)
from agent.tokens.snapshot import HeldCertificate, Problem, Reading, Token
from agent.tokens.supervisor import ModuleWorker

Parsed = Certificate | CertificateDamagedError
_MORE_LOOKS = 2
"""How often a module is asked again whose tokens were there: at once, and after its first pause."""


_NOTHING = Reading()


class _HeldError(Exception):
    """Another program has readers to itself; asked again it may have let them go."""

    def __init__(self, readers: list[str]) -> None:
        super().__init__(*readers)
        self.readers = readers


class ModuleReader:
    """Reads one module, and keeps what it read last."""

    def __init__(self, settings: ModuleSettings, *, is_wanted: bool = True) -> None:
        self.settings = settings
        self.is_wanted = is_wanted
        """Somebody asked for it, so that its failure is told."""
        self.worker = ModuleWorker(settings)
        self.reading = Reading()
        self.content: ModuleContent | None = None
        """The last reading that succeeded."""
        self._of_content = _NOTHING
        self.has_read = False
        self.is_reading = False
        """Its driver has been asked and has not answered yet."""
        self.is_due = asyncio.Event()
        """Something may have changed: whoever watches reads again."""
        self._parsed: dict[bytes, Parsed] = {}
        self._one_by_one = asyncio.Lock()
        """A listing may take longer to be understood than the next one takes as a whole."""

    @property
    def alarming(self) -> Reading:
        """The reading, without the failure of a module that nobody asked for and that never worked."""
        is_quiet = not self.is_wanted and self.content is None
        return _NOTHING if is_quiet else self.reading

    async def read(self) -> None:
        """Read the module anew; a failure becomes a problem of the reading."""
        async with self._one_by_one:
            await self._read()

    async def _read(self) -> None:
        self.is_reading = True
        try:
            content = await self._settled_content()
        except _HeldError as error:
            self.reading = self._held(error.readers)
        except OdcError as error:
            self.reading = Reading(problems=(self._problem(error),))
        else:
            await self._take(content)
        finally:
            self.is_reading = False
        self.has_read = True

    async def _take(self, content: ModuleContent) -> None:
        """Show what was read; the same as before is the same object, by which others know it."""
        if content != self.content:
            # A token may have thousands, as strange as it likes.
            parsed, reading = await asyncio.to_thread(self._understood, content)
            self._parsed, self.content, self._of_content = parsed, content, reading
        self.reading = self._of_content

    def _held(self, readers: list[str]) -> Reading:
        """Return the reading of a module whose tokens another program has to itself.

        One such token makes some modules (OpenSC 0.23) fail as a whole. Those read before are still
        plugged in: they must not seem to be pulled out and, later, plugged in again.
        """
        problems = tuple(self._problem(TokenHeldError(reader=reader)) for reader in readers)
        return Reading(tokens=self.reading.tokens, problems=problems)

    def _problem(self, error: OdcError) -> Problem:
        return Problem(module=self.settings.path, report=error.report())

    async def _settled_content(self) -> ModuleContent:
        """Ask the module until its failure is not one of a moment any more.

        Who had a token to himself may just have let it go, and reset it: it then takes a moment to answer.

        Raises:
            _HeldError: another program has tokens to itself.
            OdcError: as the worker raises them.
        """
        for _ in range(_MORE_LOOKS):
            try:
                return await self._content()
            except OdcError as error:
                if error.code != TokenError.code:
                    raise
                if readers := await asyncio.to_thread(held_readers):
                    raise _HeldError(readers) from error
                if not self.reading.tokens:
                    raise
            await asyncio.sleep(self.worker.retry_after or 0)
        return await self._content()

    async def _content(self) -> ModuleContent:
        try:
            return await self.worker.content()
        except ModuleCrashedError:
            # Most crashes are one. Its tokens would else seem to be pulled out and plugged in again.
            return await self.worker.content()

    def _understood(self, content: ModuleContent) -> tuple[dict[bytes, Parsed], Reading]:
        """Return all certificates parsed, and the reading of it; it may take long, so not in the loop."""
        module, parsed = self.settings.path, _all_parsed(content, self._parsed)
        reading = Reading(
            tokens=tuple(
                self._token(module, token, content.kind, parsed) for token in content.tokens
            ),
            problems=tuple(Problem(module=module, report=report) for report in content.problems),
        )
        return parsed, reading

    def _token(
        self, module: str, content: TokenContent, driver: ModuleKind, known: dict[bytes, Parsed]
    ) -> Token:
        facts = content.facts
        certificates, problems = [], []
        for found in content.certificates:
            parsed = known[found.value]
            if isinstance(parsed, CertificateDamagedError):
                problems.append(self._problem(_unreadable(facts.label, found, parsed)))
                continue
            certificates.append(
                HeldCertificate(
                    certificate=parsed,
                    key=found.key,
                    label=found.label,
                    has_private_key=found.has_private_key,
                    container=found.container,
                )
            )
        reference = TokenReference(
            module=module,
            serial=facts.serial,
            label=facts.label,
            application=facts.application,
        )
        return Token(
            reference=reference,
            driver=driver,
            facts=facts,
            certificates=tuple(certificates),
            problems=tuple(problems),
        )


def _all_parsed(content: ModuleContent, known: dict[bytes, Parsed]) -> dict[bytes, Parsed]:
    return {
        found.value: known.get(found.value) or _parse(found.value)
        for token in content.tokens
        for found in token.certificates
    }


def _parse(der: bytes) -> Parsed:
    try:
        return parse_certificate(der)
    except CertificateDamagedError as error:
        return error


def _unreadable(
    token: str, found: CertificateObject, damage: CertificateDamagedError
) -> CertificateUnreadableError:
    """Return what is told of an object that is no certificate; what of it is wrong only programs learn."""
    return CertificateUnreadableError(
        token=token,
        object=found.label or found.key.hex(),
        reason=mark("it does not have the form of one"),
        found=str(damage),
    )
