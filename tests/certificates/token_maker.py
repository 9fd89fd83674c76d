"""Certificates as they lie on a token, without a token."""

from __future__ import annotations

from dataclasses import dataclass

from agent.certificates.model import Certificate


@dataclass(frozen=True)
class Held:
    certificate: Certificate
    key: bytes = b"\x01"
    has_private_key: bool | None = None
