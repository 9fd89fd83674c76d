"""``odc-agent applicant``: the applicant's data kept by choice, taken up again, forgotten by choice."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from agent.cli.ground.outcome import Exit
from agent.cli.ground.output import say, say_json
from agent.cli.papers.input_files import read_applicant
from agent.ground.errors import OdcError
from agent.ground.language import mark, translate, user_language
from agent.renewals.authorities.ra_protocol import Applicant, Policy
from agent.renewals.dossier.checks import check_applicant
from agent.renewals.dossier.findings import DossierIncompleteError
from agent.renewals.journal.applicant_profile import forget_profile, keep_profile, take_up_profile
from agent.renewals.journal.vault import open_vault
from agent.system.paths import find_paths


class NoProfileError(OdcError):
    """No applicant is kept."""

    code = "no_profile"
    sentence = mark("No applicant's data is kept.")
    advice = mark("`odc-agent applicant keep FILE` keeps it.")


def keep(file: Path) -> int:
    """Keep an applicant's data if all of it is right."""
    applicant = read_applicant(file)
    findings = tuple(check_applicant(Policy(authority=""), applicant))
    if findings:
        language = user_language()
        error = DossierIncompleteError(findings)
        say(error.text(language), file=sys.stderr)
        for finding in findings:
            say(f"  {finding.item.value}: {finding.text(language)}", file=sys.stderr)
        return Exit.NEEDED
    paths = find_paths()
    keep_profile(paths.applicant_profile, open_vault(paths.vault_key), applicant)
    kept = mark("Kept, encrypted, until `odc-agent applicant forget`.")
    say(translate(kept, user_language()))
    return Exit.DONE


def kept_applicant() -> Applicant:
    """Return the applicant that is kept; NoProfileError, VaultError."""
    paths = find_paths()
    if not paths.applicant_profile.exists():
        raise NoProfileError
    applicant = take_up_profile(paths.applicant_profile, open_vault(paths.vault_key))
    if applicant is None:
        raise NoProfileError
    return applicant


def show() -> int:
    """Print what is kept, as `odc-agent renew --applicant` takes it."""
    say_json(msgspec.to_builtins(kept_applicant()))
    return Exit.DONE


def forget() -> int:
    """Delete what is kept, if anything is."""
    forget_profile(find_paths().applicant_profile)
    return Exit.DONE
