"""Errors no driver has made into one that can be told: mistakes, ours or of a library we use."""

from __future__ import annotations

from agent.ground.errors import OdcError
from agent.tokens.errors import TokenError


def told_error(error: Exception, *, module: str) -> OdcError:
    """Return ``error`` as it is told to a person; of a mistake its name only: its text could hold a PIN."""
    if isinstance(error, OdcError):
        return error
    return TokenError(module=module, reason=type(error).__name__)
