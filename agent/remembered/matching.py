"""Which remembered token is which of those that are plugged in. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from agent.remembered.model import RememberedToken
from agent.tokens.snapshot import HeldCertificate, Token


class _Likeness(IntEnum):
    """How surely two are one; the surest are matched first."""

    NONE = 0
    ANOTHER_DRIVER = 1
    """All its certificates are there, under the names another driver gives."""
    NAMES = 2
    CERTIFICATES = 3


def matched(remembered: Sequence[RememberedToken], plugged_in: Sequence[Token]) -> dict[int, int]:
    """Return for the places in ``plugged_in`` those of the same token in ``remembered``, each once.

    What shares a certificate comes first: ten tokens may have one label, and there are drivers that
    tell one serial number for all.
    """
    ours = [_thumbprints(token.certificates) for token in plugged_in]
    theirs = [_thumbprints(known.certificates) for known in remembered]
    rated = [
        (likeness, number, place)
        for number, token in enumerate(plugged_in)
        for place, known in enumerate(remembered)
        if (likeness := _likeness(token, known, ours[number], theirs[place]))
    ]
    found: dict[int, int] = {}
    for _, number, place in sorted(rated, key=lambda each: -each[0]):
        if number not in found and place not in found.values():
            found[number] = place
    return found


def _thumbprints(certificates: Sequence[HeldCertificate]) -> set[str]:
    return {held.certificate.thumbprint for held in certificates}


def _likeness(token: Token, known: RememberedToken, ours: set[str], theirs: set[str]) -> _Likeness:
    if token.reference.serial == known.reference.serial:
        if ours & theirs:
            return _Likeness.CERTIFICATES
        has_serial = bool(token.reference.serial)
        return _Likeness.NAMES if has_serial and _has_same_names(token, known) else _Likeness.NONE
    # Two drivers may write one serial number in two ways; and keys do not leave tokens.
    is_another_driver = token.reference.module != known.reference.module
    return _Likeness.ANOTHER_DRIVER if is_another_driver and theirs <= ours else _Likeness.NONE


def _has_same_names(token: Token, known: RememberedToken) -> bool:
    ours, theirs = token.reference, known.reference
    return (ours.label, ours.application) == (theirs.label, theirs.application) and (
        token.facts.model,
        token.facts.manufacturer,
    ) == (known.model, known.manufacturer)
