"""Tokens as a reading shows them, made of certificates in milliseconds."""

from __future__ import annotations

import datetime as dt

from certificate_maker import ENCRYPTION, china, make_der, name

from agent.certificates.parsing import parse_certificate
from agent.ground.errors import OdcError
from agent.remembered.knowing import known_pairs
from agent.remembered.sighting import after_reading
from agent.tokens.model import PinState, TokenFacts, TokenReference
from agent.tokens.snapshot import HeldCertificate, Problem, Token

NOW = china("2026-03-02 12:00:00")
DAY = dt.timedelta(days=1)


def signing(start: str, end: str, organisation: str = "甲", **options) -> bytes:
    return make_der(
        subject=name(organisation=organisation),
        not_before=china(f"{start} 00:00:00"),
        not_after=china(f"{end} 23:59:59"),
        **options,
    )


def encryption(start: str, end: str, organisation: str = "甲") -> bytes:
    return signing(start, end, organisation, usage=ENCRYPTION)


def held(der: bytes, *, has_private_key: bool | None = None) -> HeldCertificate:
    certificate = parse_certificate(der)
    return HeldCertificate(
        certificate=certificate, key=b"\x01", label="", has_private_key=has_private_key
    )


def token(
    *ders: bytes, label: str = "KEY", serial: str = "0001", module: str = "m", whole: bool = True
) -> Token:
    facts = TokenFacts(
        slot=0, label=label, serial=serial, model="", manufacturer="", pin_state=PinState.OK,
        login_required=True, protected_authentication_path=False,
    )  # fmt: skip
    problems = () if whole else (Problem(module=module, report=OdcError(reason="x").report()),)
    return Token(
        reference=TokenReference(module=module, serial=serial, label=label),
        facts=facts,
        certificates=tuple(held(der) for der in ders),
        problems=problems,
    )


class Drawer:
    """Somebody's tokens over time: each reading is of what is plugged in just then."""

    def __init__(self) -> None:
        self.now = NOW
        self.remembered: tuple = ()
        self.plugged_in: tuple[Token, ...] = ()
        self.forgotten: list[str] = []

    def sees(self, *tokens: Token) -> None:
        self.plugged_in = tokens
        sighting = after_reading(self.remembered, tokens, self.now)
        self.remembered = sighting.tokens
        self.forgotten += [one.label for one in sighting.forgotten]

    def knows(self) -> dict[str, object]:
        """Return all pairs by thumbprint."""
        pairs = known_pairs(self.remembered, self.plugged_in, self.now)
        return {known.thumbprint: known for known in pairs}
