"""Renewals of which hardly more is left than that there are some, and what a person can do about them."""

from __future__ import annotations

import datetime as dt
from typing import Self

import msgspec

from agent.ground.decoding import from_json
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.journal.states import State


class RenewalLostError(OdcError):
    """A renewal that had reached no authority cannot be read any more."""

    code = "renewal_lost"
    sentence = mark("A renewal under way cannot be read any more: {organisation}, number {id}.")
    advice = mark("Start the renewal again; the certificate on the token is not affected.")


class ApplicationLostError(RenewalLostError):
    """One whose application may still be open at the authority, with nobody who can follow it."""

    code = "application_lost"
    advice = mark(
        "Its application may still be open at the authority: ask there to have number {id} withdrawn, then "
        "start the renewal again. The certificate on the token is not affected."
    )


class _Facts(msgspec.Struct, frozen=True):
    """What of a renewal's facts is told."""

    organisation: str = ""


class LostRenewal(msgspec.Struct, frozen=True, kw_only=True):
    """An open renewal that cannot be read."""

    id: str
    """Also the application's number at the authority."""
    state: str
    created: dt.datetime | None
    organisation: str

    @classmethod
    def of(cls, renewal_id: str, state: str, created: str, facts: str) -> Self:
        """Return what the columns of a row still tell."""
        try:
            organisation = from_json(facts, _Facts).organisation
        except (ValueError, msgspec.MsgspecError):
            organisation = ""
        return cls(id=renewal_id, state=state, created=_instant(created), organisation=organisation)

    def problem(self) -> RenewalLostError:
        """Return what is said of it."""
        is_with_us = self.state in {State.DRAFTING, State.SIGNING}
        kind = RenewalLostError if is_with_us else ApplicationLostError
        return kind(organisation=self.organisation or "–", id=self.id)


def _instant(text: str) -> dt.datetime | None:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
