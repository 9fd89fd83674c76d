"""What is plugged in now: the last reading of every module, and how it differs from the one before.

Readings are plain facts; every certificate is parsed once and kept by its bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from agent.bus import Event, EventBus
from agent.certificates.model import Certificate
from agent.certificates.parsing import CertificateDamagedError, parse_certificate
from agent.errors import ErrorReport, OdcError
from agent.tokens.errors import CertificateUnreadableError, TokenMissingError
from agent.tokens.model import ModuleSettings, TokenContent, TokenFacts, TokenReference
from agent.tokens.supervisor import LIST_SECONDS, ModuleWorker


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCertificate:
    """A certificate, and how it lies on its token."""

    certificate: Certificate
    id: bytes
    """CKA_ID."""
    label: str
    has_private_key: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that kept a module or an object from being read."""

    module: str
    report: ErrorReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token that is plugged in, with what could be read of it."""

    reference: TokenReference
    facts: TokenFacts
    certificates: tuple[HeldCertificate, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One reading of all modules."""

    tokens: tuple[Token, ...] = ()
    module_problems: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, of modules and of objects."""
        return self.module_problems + tuple(p for token in self.tokens for p in token.problems)

    def find(self, thumbprint: str) -> tuple[Token, HeldCertificate] | None:
        """Return the certificate with ``thumbprint`` and its token, where it is plugged in."""
        for token in self.tokens:
            for held in token.certificates:
                if held.certificate.thumbprint == thumbprint:
                    return token, held
        return None


class TokenInserted(Event, frozen=True, kw_only=True, tag="token_inserted"):
    """A token was not there at the reading before."""

    token: TokenReference
    at_start: bool
    """It was found by the agent's first reading: nobody plugged it in just now."""


class TokenRemoved(Event, frozen=True, kw_only=True, tag="token_removed"):
    """A token is no longer there."""

    token: TokenReference


class TokensChanged(Event, frozen=True, kw_only=True, tag="tokens_changed"):
    """The list of tokens, certificates or problems differs from the reading before."""


class Inventory:
    """Lists tokens through the modules' workers and tells what changed."""

    def __init__(self, modules: tuple[ModuleSettings, ...], bus: EventBus) -> None:
        self._workers = [ModuleWorker(module) for module in modules]
        self._bus = bus
        self._parsed: dict[bytes, Certificate | CertificateDamagedError] = {}
        self._lock = asyncio.Lock()
        self._has_read = asyncio.Event()
        self.snapshot = Snapshot()

    async def current(self) -> Snapshot:
        """Return the last reading; the first one is waited for, since before it nothing is known.

        Not longer than a driver may take to list, though: then what is known is nothing.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._has_read.wait(), LIST_SECONDS)
        return self.snapshot

    async def refresh(self) -> Snapshot:
        """Read all modules anew, side by side; one that fails becomes a problem of the snapshot."""
        async with self._lock:
            readings = await asyncio.gather(*(self._read(worker) for worker in self._workers))
            before, self.snapshot = (
                self.snapshot,
                Snapshot(
                    tokens=tuple(token for tokens, _ in readings for token in tokens),
                    module_problems=tuple(p for _, problem in readings for p in problem),
                ),
            )
            self._forget_unseen()
        self._tell(before, self.snapshot)
        return self.snapshot

    async def _read(self, worker: ModuleWorker) -> tuple[list[Token], list[Problem]]:
        path = worker.settings.path
        try:
            content = await worker.content()
        except OdcError as error:
            return [], [Problem(module=path, report=error.report())]
        return [self._token(path, token) for token in content.tokens], []

    def _token(self, module: str, content: TokenContent) -> Token:
        facts = content.facts
        certificates, problems = [], []
        for found in content.certificates:
            parsed = self._parse(found.value)
            if isinstance(parsed, CertificateDamagedError):
                error = CertificateUnreadableError(token=facts.label, reason=str(parsed))
                problems.append(Problem(module=module, report=error.report()))
                continue
            certificates.append(
                HeldCertificate(
                    certificate=parsed,
                    id=found.id,
                    label=found.label,
                    has_private_key=found.has_private_key,
                )
            )
        reference = TokenReference(module=module, serial=facts.serial, label=facts.label)
        return Token(
            reference=reference,
            facts=facts,
            certificates=tuple(certificates),
            problems=tuple(problems),
        )

    def _parse(self, der: bytes) -> Certificate | CertificateDamagedError:
        if der not in self._parsed:
            try:
                self._parsed[der] = parse_certificate(der)
            except CertificateDamagedError as error:
                self._parsed[der] = error
        return self._parsed[der]

    def _forget_unseen(self) -> None:
        seen = {held.certificate.der for t in self.snapshot.tokens for held in t.certificates}
        self._parsed = {der: parsed for der, parsed in self._parsed.items() if der in seen}

    def _tell(self, before: Snapshot, after: Snapshot) -> None:
        old = {token.reference for token in before.tokens}
        new = {token.reference for token in after.tokens}
        for reference in sorted(old - new, key=str):
            self._bus.publish(TokenRemoved(token=reference))
        for reference in (t.reference for t in after.tokens if t.reference not in old):
            self._bus.publish(TokenInserted(token=reference, at_start=not self._has_read.is_set()))
        self._has_read.set()
        if before != after:
            self._bus.publish(TokensChanged())

    def settings_of(self, reference: TokenReference) -> ModuleSettings:
        """Return the settings of the module a token is seen through.

        Raises:
            TokenMissingError: no such module is served.
        """
        for worker in self._workers:
            if worker.settings.path == reference.module:
                return worker.settings
        raise TokenMissingError(label=reference.label)

    async def close(self) -> None:
        """End the workers."""
        await asyncio.gather(*(worker.end() for worker in self._workers))
