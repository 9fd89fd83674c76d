"""Which page a renewal is shown on, and where it stands on the time line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from agent.api.client import Json
from agent.ground.language import mark
from agent.renewals.course import STEPS, Step
from agent.renewals.journal.states import State

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
    """Return the steps there are and where each is; none while they are not known, or it came to nothing."""
    steps = tuple(Step(step) for step in renewal["steps"])
    state = State(renewal["state"])
    if state is State.INSTALLED:
        return tuple(StepView(step, Standing.DONE) for step in steps)
    if state not in STEPS:
        return ()
    order = list(Step)
    now = order.index(STEPS[state])
    at = next((step for step in steps if order.index(step) >= now), None)
    here = Standing.TROUBLE if state is State.REJECTED else Standing.NOW
    return tuple(
        StepView(step, here if step is at else _beside(order.index(step) < now)) for step in steps
    )


def _beside(is_before: bool) -> Standing:
    return Standing.DONE if is_before else Standing.AHEAD


def is_overtaken(renewal: Json, shown: Json | None) -> bool:
    """Return whether what is shown of a renewal is newer already."""
    if shown is None or shown["id"] != renewal["id"]:
        return False
    # Not by the time of day: of a clock that is set back, what is newest would seem the oldest.
    return bool(renewal["revision"] < shown["revision"])


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
