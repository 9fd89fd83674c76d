"""What clients see of renewals."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.ground.language import Language
from agent.renewals.course import Step, steps_of
from agent.renewals.journal.record import Renewal
from agent.renewals.wording import note_text, renewal_text


class RenewalView(msgspec.Struct, frozen=True, kw_only=True):
    """One renewal, past or under way."""

    id: str
    thumbprint: str
    """The certificate that is renewed."""
    organisation: str
    authority: str
    token_label: str
    """Of the token that is needed."""
    state: str
    waiting: str | None
    """TOKEN, PIN, APPLICANT, REVIEW, SMS_CODE, NETWORK, SPACE, SECRET; None while it works or has ended."""
    text: str
    """State and what it waits for, as one sentence in the user's language."""
    steps: tuple[Step, ...] = ()
    """What there is to its course at this authority, from first to last; empty while that is not known."""
    note_text: str = ""
    """What is to be known before the first PIN, such as that one of two certificates stays as it is."""
    created: dt.datetime
    updated: dt.datetime
    revision: int
    """How often it has been saved: of two views of it, the one with more is the newer."""
    remarks: tuple[dict[str, str], ...] = ()
    expected_by: dt.date | None = None
    phone_hint: str = ""
    code_sent: dt.datetime | None = None
    """When the last SMS code was sent, where the renewal waits for one."""
    error: str | None = None
    """Code of what went wrong last; the renewal may still go on."""
    error_text: str = ""
    advice_text: str = ""
    """What to do about the error."""
    new_thumbprint: str | None = None
    origin: str = ""
    """The web site that started it; empty where the user did."""


class RenewalList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``renewals.list``."""

    renewals: tuple[RenewalView, ...]


def renewal_view(renewal: Renewal, language: Language) -> RenewalView:
    """Return a renewal as clients see it: nothing of its private part."""
    error = renewal.error
    return RenewalView(
        id=renewal.id,
        thumbprint=renewal.thumbprint,
        organisation=renewal.organisation,
        authority=renewal.authority,
        token_label=renewal.token.label,
        state=renewal.state.value,
        waiting=renewal.waiting.value if renewal.waiting else None,
        text=renewal_text(renewal, language),
        steps=steps_of(renewal),
        note_text=note_text(renewal, language),
        created=renewal.created,
        updated=renewal.updated,
        revision=renewal.revision,
        remarks=tuple(msgspec.to_builtins(remark) for remark in renewal.private.remarks),
        expected_by=renewal.expected_by,
        phone_hint=renewal.private.phone_hint,
        code_sent=renewal.code_sent,
        error=error.code if error else None,
        error_text=error.text(language) if error else "",
        advice_text=error.advice_text(language) if error else "",
        new_thumbprint=renewal.new_thumbprint,
        origin=renewal.origin,
    )
