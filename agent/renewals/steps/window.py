"""When an authority renews, and with what: its policy applied to one certificate and day. Pure."""

from __future__ import annotations

import datetime as dt

from agent.certificates.days import days_left, is_expired
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.authorities.ra_protocol import Policy


class TooEarlyError(OdcError):
    """The authority does not renew yet."""

    code = "too_early"
    sentence = mark(
        "The certificate still has {days} days. It can be renewed from {earliest} days before."
    )


class TooLateError(OdcError):
    """The certificate expired too long ago for self-service."""

    code = "too_late"
    sentence = mark(
        "The certificate expired {days} days ago; self-service ends {latest} days after expiry."
    )
    advice = mark("Take the required papers to the authority's counter.")


class SignerExpiredError(OdcError):
    """The authority has renewals proved by a certificate, and that counts no more."""

    code = "signer_expired"
    sentence = mark(
        "The certificate has expired, and this certification authority renews only with one that is valid."
    )
    advice = mark(
        "Ask the authority's service desk for a new certificate, or for a reference value and a secret "
        "to renew with."
    )


def check_signer(not_after: dt.datetime, now: dt.datetime) -> None:
    """Raise SignerExpiredError where what a certificate signs is believed no more."""
    if now > not_after:
        raise SignerExpiredError


def check_window(policy: Policy, not_after: dt.datetime, now: dt.datetime) -> None:
    """Raise TooEarlyError or TooLateError where the authority would refuse anyway."""
    days = days_left(not_after, now)
    if days > policy.earliest_days_before_expiry:
        raise TooEarlyError(days=days, earliest=policy.earliest_days_before_expiry)
    latest = policy.latest_days_after_expiry
    if latest is not None and -days > latest:
        raise TooLateError(days=-days, latest=latest)


def needs_dossier(policy: Policy, not_after: dt.datetime, now: dt.datetime) -> bool:
    """Return whether the authority reviews a dossier before it renews (the guide: once expired)."""
    if policy.dossier == "when_expired":
        return is_expired(not_after, now)
    return policy.dossier == "always"
