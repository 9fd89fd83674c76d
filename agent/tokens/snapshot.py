"""What is plugged in, as plain facts: the readings of all modules put together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from agent.certificates.model import Certificate
from agent.ground.reports import ErrorReport
from agent.tokens.model import KeyName, ModuleKind, TokenFacts, TokenReference

SM2 = "SM2"
"""What a certificate's key is called (:attr:`agent.certificates.model.Certificate.algorithm`)."""


class HeldCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate, and how it lies on its token."""

    certificate: Certificate
    key: KeyName
    label: str
    has_private_key: bool | None
    container: str = ""
    """What holds it in SKF; empty in PKCS#11."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that kept a module, a token or an object from being read."""

    module: str
    report: ErrorReport


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token that is plugged in, with what could be read of it."""

    reference: TokenReference
    facts: TokenFacts
    certificates: tuple[HeldCertificate, ...]
    problems: tuple[Problem, ...]
    driver: ModuleKind = ModuleKind.PKCS11
    """How it is spoken to."""

    @property
    def can_be_renewed(self) -> bool:
        """Whether its driver can use keys of its: PKCS#11 knows none of SM2, and SKF no others here."""
        own = (held.certificate for held in self.certificates if not held.certificate.is_ca)
        return any((each.algorithm == SM2) is (self.driver is ModuleKind.SKF) for each in own)


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one module showed when it was last read."""

    tokens: tuple[Token, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Of the module itself and of slots that could not be read."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The last readings of all modules; each token once, whatever it is seen through."""

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


def put_together(readings: Sequence[Reading], before: Snapshot) -> Snapshot:
    """Return all tokens, in the order of the modules, each shown through one module only.

    It is shown through one whose driver can renew it; among those through the same as before; else through
    the first.
    """
    shown_before = {token.reference for token in before.tokens}
    all_tokens = list(_once(token for reading in readings for token in reading.tokens))
    # Sorting is stable: the modules' order decides among the rest.
    all_tokens.sort(
        key=lambda token: (not token.can_be_renewed, token.reference not in shown_before)
    )
    shown: list[Token] = []
    for token in all_tokens:
        if not any(is_same(token, other) for other in shown):
            shown.append(token)
    is_shown = {id(token) for token in shown}
    tokens = tuple(t for reading in readings for t in reading.tokens if id(t) in is_shown)
    return Snapshot(
        tokens=tokens,
        module_problems=tuple(
            problem
            for reading in readings
            for problem in reading.problems
            if not any(_is_read_elsewhere(problem, token) for token in tokens)
        ),
    )


def _is_read_elsewhere(problem: Problem, token: Token) -> bool:
    """Return whether it is another module's failure with a token whose certificates this one shows.

    Makers have several libraries, of which one reads a token.
    """
    told = problem.report.details
    return (
        bool(told.get("serial"))
        and (told["serial"], told.get("token")) == (token.facts.serial, token.facts.label)
        and problem.module != token.reference.module
        and bool(token.certificates)
    )


def _once(tokens: Iterable[Token]) -> Iterable[Token]:
    """Drop slots a module lists twice."""
    seen: set[tuple[TokenReference, int]] = set()
    for token in tokens:
        key = (token.reference, token.facts.slot)
        if key not in seen:
            seen.add(key)
            yield token


def is_same(one: Token, other: Token) -> bool:
    """Say whether two slots, of one module or of two, show the same token.

    Modules make up labels of their own, and short serial numbers are nothing to rely on alone. Private
    keys do not leave tokens, so the same certificates of one's own mean the same token. Some modules
    list a token in two slots; but two tokens of a maker may have the same name and number.
    """
    ours, theirs = _thumbprints(one), _thumbprints(other)
    if one.reference.module == other.reference.module:
        return one.reference == other.reference and bool(ours) and ours == theirs
    if ours and ours == theirs:
        return True
    same_serial = bool(one.facts.serial) and one.facts.serial == other.facts.serial
    return same_serial and (one.facts.label == other.facts.label or bool(ours & theirs))


def _thumbprints(token: Token) -> set[str]:
    certificates = (held.certificate for held in token.certificates)
    return {certificate.thumbprint for certificate in certificates if not certificate.is_ca}
