"""Which page a renewal is shown on, and where it stands on the time line. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum, unique

from agent.api.client import Json
from agent.ground.language import mark

ENDED = frozenset({"installed", "cancelled", "failed"})


@unique
class Page(StrEnum):
    """The pages of the window."""

    ITEMS = "items"
    DOSSIER = "dossier"
    PIN = "pin"
    WAITING = "waiting"
    TOKEN = "token"  # noqa: S105 - not a password
    SMS = "sms"
    SECRET = "secret"  # noqa: S105 - not one
    END = "end"


@unique
class Step(StrEnum):
    """What a person sees of a renewal's course (the guide, 一)."""

    DOSSIER = "dossier"
    SUBMISSION = "submission"
    REVIEW = "review"
    SMS = "sms"
    INSTALLATION = "installation"


@unique
class Standing(StrEnum):
    """Where a step is seen from now."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    TROUBLE = "trouble"
    """It is the step that has to be done again, or that the renewal ended at."""


STEP_NAMES = {
    Step.DOSSIER: mark("Dossier"),
    Step.SUBMISSION: mark("Submit"),
    Step.REVIEW: mark("Review"),
    Step.SMS: mark("SMS code"),
    Step.INSTALLATION: mark("Install"),
}
STANDING_NAMES = {
    Standing.DONE: mark("done"),
    Standing.NOW: mark("under way"),
    Standing.AHEAD: mark("still ahead"),
    Standing.TROUBLE: mark("needs attention"),
}

_STEPS = {
    "drafting": Step.DOSSIER,
    "signing": Step.SUBMISSION,
    "submitted": Step.SUBMISSION,
    "reviewing": Step.REVIEW,
    "rejected": Step.DOSSIER,
    "approved": Step.SMS,
    "issuing": Step.INSTALLATION,
    "installing": Step.INSTALLATION,
}
_PAGES = {
    "APPLICANT": Page.DOSSIER,
    "PIN": Page.PIN,
    "SPACE": Page.PIN,
    "SMS_CODE": Page.SMS,
    "SECRET": Page.SECRET,
    "TOKEN": Page.TOKEN,
}


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the time line."""

    step: Step
    standing: Standing


def page_of(renewal: Json) -> Page:
    """Return the page that shows what a renewal (RenewalView) waits for."""
    if renewal["state"] in ENDED:
        return Page.END
    return _PAGES.get(renewal["waiting"] or "", Page.WAITING)


def time_line(renewal: Json) -> tuple[StepView, ...]:
    """Return all steps and where each is; a renewal that ended without success has no step under way."""
    state = renewal["state"]
    if state == "installed":
        return tuple(StepView(step, Standing.DONE) for step in Step)
    now = _STEPS.get(state)
    if now is None:
        return tuple(StepView(step, Standing.AHEAD) for step in Step)
    order = list(Step)
    at = order.index(now)
    here = Standing.TROUBLE if state == "rejected" else Standing.NOW
    return tuple(
        StepView(step, Standing.DONE if n < at else here if n == at else Standing.AHEAD)
        for n, step in enumerate(order)
    )


def is_overtaken(renewal: Json, shown: Json | None) -> bool:
    """Return whether what is shown of a renewal is newer already."""
    if shown is None or shown["id"] != renewal["id"]:
        return False
    return dt.datetime.fromisoformat(renewal["updated"]) < dt.datetime.fromisoformat(
        shown["updated"]
    )


def can_cancel(renewal: Json) -> bool:
    """Return whether a renewal can still be given up: not once its certificate is being confirmed."""
    return renewal["state"] not in ENDED


def remarks_by_item(renewal: Json) -> dict[str, str]:
    """Return what the review said of each field and document; what is about the whole under ``""``."""
    found: dict[str, str] = {}
    for remark in renewal["remarks"]:
        before = found.get(remark["item"])
        found[remark["item"]] = f"{before}\n{remark['text']}" if before else remark["text"]
    return found


def items_to_amend(renewal: Json, known: frozenset[str]) -> frozenset[str] | None:
    """Return the only fields and documents to be amended; None where all of them may be.

    All may be while nothing was submitted yet, and where a remark is about the whole.
    """
    if renewal["state"] != "rejected":
        return None
    remarked = frozenset(remarks_by_item(renewal))
    return remarked if remarked and remarked <= known else None
