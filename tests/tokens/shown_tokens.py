"""Tokens as a reading has them, made up."""

from __future__ import annotations

from agent.certificates.parsing import parse_certificate
from agent.tokens.model import PinState, TokenFacts, TokenReference
from agent.tokens.snapshot import HeldCertificate, Token


def token(module: str, label: str, serial: str, *ders: bytes, slot: int = 0) -> Token:
    facts = TokenFacts(
        slot=slot, label=label, serial=serial, model="", manufacturer="", pin_state=PinState.OK,
        login_required=True, protected_authentication_path=False,
    )  # fmt: skip
    held = tuple(
        HeldCertificate(certificate=parse_certificate(d), key=b"", label="", has_private_key=None)
        for d in ders
    )
    reference = TokenReference(module=module, serial=serial, label=label)
    return Token(reference=reference, facts=facts, certificates=held, problems=())
