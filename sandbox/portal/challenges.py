"""Challenges a portal gives out. Where there are sessions, a challenge is kept in the visitor's."""

from __future__ import annotations

import base64
import datetime as dt
import secrets

from sandbox.portal.verify import RefusedError

LIFETIME = dt.timedelta(minutes=5)
MOST_CHALLENGES = 1000


class Challenges:
    """Challenges that were given out: each is good once, and for five minutes."""

    def __init__(self) -> None:
        self._given: dict[str, dt.datetime] = {}

    def new(self, now: dt.datetime) -> str:
        """Return a challenge: 256 bits in base64."""
        self._given = {nonce: end for nonce, end in self._given.items() if now < end}
        nonce = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
        if len(self._given) < MOST_CHALLENGES:
            self._given[nonce] = now + LIFETIME
        return nonce

    def take(self, nonce: str, now: dt.datetime) -> None:
        """Use a challenge up; RefusedError where it was used, is too old, or none of ours."""
        end = self._given.pop(nonce, None)
        if end is None or now >= end:
            raise RefusedError("the challenge is not one of ours, or no longer good")
