"""Asking a person for the applicant's data, each field checked as it is entered."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from agent.cli.ground.outcome import explain
from agent.cli.ground.output import say
from agent.cli.papers.applicant import NoProfileError, kept_applicant
from agent.ground.language import translate, user_language
from agent.renewals.authorities.ra_protocol import Applicant, ApplicantField
from agent.renewals.dossier.cleaning import cleaned, note_on
from agent.renewals.dossier.fields import check_field
from agent.renewals.dossier.findings import FIELD_NAMES
from agent.renewals.journal.vault import VaultError


def ask_applicant(
    fields: Iterable[ApplicantField], kept: Applicant | None = None
) -> dict[str, str]:
    """Return what was entered for each of ``fields``; Enter alone takes what is kept, if anything is.

    Whether a field may be empty is the authority's policy, which the agent tells afterwards.
    """
    return {
        field.value: _ask(field, getattr(kept, field.value) if kept else "") for field in fields
    }


def find_kept() -> Applicant | None:
    """Return the applicant that is kept; one that cannot be read is told of and passed over."""
    try:
        return kept_applicant()
    except NoProfileError:
        return None
    except VaultError as error:
        explain(error)
        return None


def _ask(field: ApplicantField, kept: str) -> str:
    language = user_language()
    name = translate(FIELD_NAMES[field], language)
    prompt = f"{name} [{kept}]: " if kept else f"{name}: "
    while True:
        say(prompt, end="", file=sys.stderr, flush=True)
        typed = sys.stdin.readline()
        value = cleaned(field, typed) or kept
        finding = check_field(field, value)
        if finding is None:
            if note := note_on(field, typed):
                say(f"  {note.text(language)}", file=sys.stderr)
            return value
        say(f"  {finding.text(language)}", file=sys.stderr)
