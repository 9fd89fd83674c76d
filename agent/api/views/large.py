"""Answers that tell of all certificates."""

from __future__ import annotations

import msgspec


class Large(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens may have thousands of what it tells: it is encoded in a thread."""
