"""What starts a program at login."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that starts the agent at login."""

    place: str
    """File or registry entry."""
    is_right: bool
    """What it starts is there."""
