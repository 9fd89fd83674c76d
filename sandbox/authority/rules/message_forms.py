"""What a signed message has to say it is, by the policy's version: see docs/authorities.md. Pure.

An application ends in the form it began with: whoever amends it knows its secret, so that nothing signed
for another purpose gets in that way. Only what opens an application has to be of the policy's form.
"""

from __future__ import annotations

import datetime as dt

from agent.renewals.authorities.signed_messages import (
    ContentType,
    licence_request_type,
    manifest_type,
)
from sandbox.authority.rules.behaviour import Rules

MANIFEST_TYPES = frozenset({ContentType.DATA, ContentType.MANIFEST})
"""What a manifest that was taken once may be."""


def opening_types(rules: Rules, now: dt.datetime) -> frozenset[str]:
    """Return what a manifest may be that opens an application."""
    usual = frozenset({manifest_type(rules.policy.message_version)})
    is_late = rules.plain_until is not None and now < rules.plain_until
    return usual | {ContentType.DATA} if is_late else usual


def amending_types(rules: Rules, begun: str) -> frozenset[str]:
    """Return what a manifest may be that amends an application opened by one of the type ``begun``."""
    return frozenset({manifest_type(rules.policy.message_version), begun})


def licence_request_types(rules: Rules) -> frozenset[str]:
    """Return what a licence request may be. It is good for minutes, so none of before is waited for."""
    return frozenset({licence_request_type(rules.policy.message_version)})
