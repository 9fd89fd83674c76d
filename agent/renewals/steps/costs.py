"""What it costs to put a renewal off: an authority's policy applied to one certificate and day. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from agent.certificates.china_time import china_date
from agent.certificates.days import days_left, is_expired
from agent.ground.language import Language, mark, translate, translate_count
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.steps.window import needs_dossier


def cost_of_waiting(
    policy: Policy, not_after: dt.datetime, now: dt.datetime, language: Language
) -> str:
    """Return what can still be spared and until when, or what is needed by now; empty where nothing is."""
    joint = "" if language is Language.ZH else " "
    return joint.join(_sentences(policy, not_after, now, language))


def _sentences(
    policy: Policy, not_after: dt.datetime, now: dt.datetime, language: Language
) -> Iterator[str]:
    last_day, days = china_date(not_after), days_left(not_after, now)
    latest = policy.latest_days_after_expiry
    if latest is not None and -days > latest:
        yield translate(
            mark("Self-service has ended: please take the papers to the authority's counter."),
            language,
        )
        return
    if days > policy.earliest_days_before_expiry:
        first = last_day - dt.timedelta(days=policy.earliest_days_before_expiry)
        yield translate(mark("It can be renewed from {day} on."), language, day=first)
    if needs_dossier(policy, not_after, now):
        yield _papers(policy, language)
    elif policy.dossier == "when_expired":
        sentence = mark(
            "Renewed before its end it needs no papers; the last day for that is {day}."
        )
        yield translate(sentence, language, day=last_day)
    if latest is not None and is_expired(not_after, now):
        end = last_day + dt.timedelta(days=latest)
        yield translate(mark("Self-service is possible until {day}."), language, day=end)


def _papers(policy: Policy, language: Language) -> str:
    if not policy.review_working_days:
        return translate(mark("Papers have to be handed in."), language)
    return translate_count(
        "Papers have to be handed in, whose review takes about {count} working day.",
        "Papers have to be handed in, whose review takes about {count} working days.",
        policy.review_working_days,
        language,
    )
