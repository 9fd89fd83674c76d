"""The applicant's data kept for the next renewal: one sealed file, there only if a person chose so."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.ground import held_files
from agent.ground.decoding import from_json
from agent.ground.language import mark
from agent.renewals.authorities.ra_protocol import Applicant
from agent.renewals.dossier.checks import cleaned_applicant
from agent.renewals.journal.vault import Vault, VaultError
from agent.system.damage import DamagedError
from agent.system.files import write_private

_CONTEXT = "applicant profile"


class ProfileDamagedError(DamagedError):
    """The applicant's data are laid aside."""

    code = "profile_damaged"
    what = mark("The applicant's data kept for the next renewal")
    advice = mark("Fill them in again.")


def keep_profile(file: Path, vault: Vault, applicant: Applicant) -> None:
    """Keep ``applicant``, in place of whoever was kept before."""
    clear = msgspec.json.encode(cleaned_applicant(applicant))
    write_private(file, vault.seal(clear, _CONTEXT))


def take_up_profile(file: Path, vault: Vault) -> Applicant | None:
    """Return the applicant that was kept, None where there is none.

    Raises:
        VaultError: what was kept cannot be read any more.
    """
    try:
        return from_json(vault.open_file(file, _CONTEXT), Applicant)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise VaultError from error


def forget_profile(file: Path) -> None:
    """Delete what was kept, if anything was; no key is needed for that."""
    held_files.remove(file)
