"""What is said first on every connection."""

from __future__ import annotations

import msgspec

from agent.ground.language import Language

PROTOCOL_VERSION = 1


class Hello(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first request on every connection."""

    protocol: int
    client: str
    """Name and version of the client, for the log."""
    language: Language | None = None
    """What the client's person reads; without it, what the agent is set to."""


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``hello``."""

    protocol: int
    version: str
    """The agent's version."""
    pid: int
    capabilities: tuple[str, ...]
    """The methods this connection may call."""
