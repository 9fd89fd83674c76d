"""The applicant's data kept for the next renewal: one sealed file, there only if a person chose so."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.renewals.authorities.ra_protocol import Applicant
from agent.renewals.dossier.checks import cleaned_applicant
from agent.renewals.journal.vault import Vault, VaultError
from agent.system.files import write_private

_CONTEXT = "applicant profile"


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
        sealed = file.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(vault.open(sealed, _CONTEXT), type=Applicant)
    except msgspec.MsgspecError as error:
        raise VaultError from error


def forget_profile(file: Path) -> None:
    """Delete what was kept, if anything was; no key is needed for that."""
    file.unlink(missing_ok=True)
